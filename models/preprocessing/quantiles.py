"""Scaling by rank among training rows: robust to any spread, carried inside the saved model."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from models.core.arrays import Bools, Float32s, Floats
from models.core.keras3 import keras

STEPS: Final = 64


@dataclass(frozen=True)
class Quantiles:
    """A rising, piecewise linear curve per column: pieces (columns, steps) of a width, on each of which it rises."""

    start: Float32s
    width: Float32s
    rise: Float32s
    seen: Bools
    """Columns in which training saw two different values; the others are 0 for ever."""


def fit_quantiles(values: Float32s, steps: int = STEPS) -> Quantiles:
    """The steps between training quantiles of each column (n, C); only finite values count.

    What ranking costs grows with the steps.
    """
    curves = [_curve(column[np.isfinite(column)], steps) for column in values.T]
    start, width, rise = (np.stack(part).astype(np.float32) for part in zip(*curves, strict=True))
    return Quantiles(start, width, rise, rise.any(axis=1))


def _curve(column: Float32s, steps: int) -> tuple[Floats, Floats, Floats]:
    start, width, rise = np.zeros(steps), np.ones(steps), np.zeros(steps)
    if len(column):
        at = np.quantile(column.astype(np.float64), np.linspace(0, 1, steps + 1)).astype(np.float32)
        knots, first = np.unique(at, return_index=True)
        wide = np.diff(knots) >= np.finfo(np.float32).tiny
        pieces = np.flatnonzero(wide)
        start[: len(pieces)] = knots[pieces]
        width[: len(pieces)] = np.diff(knots)[pieces]
        rise[: len(pieces)] = np.diff(first)[pieces] / steps
    return start, width, rise


def ranked(raw: keras.KerasTensor, quantiles: Quantiles) -> keras.KerasTensor:
    """(n, C) raw tensor, NaN for missing -> (n, C): rank among training rows from -1 to 1, 0 where missing."""
    ops = keras.ops
    present = ops.logical_and(ops.isfinite(raw), quantiles.seen)
    value = ops.where(present, raw, quantiles.start[:, 0])[..., None]
    part = ops.clip((value - quantiles.start) / quantiles.width, 0.0, 1.0)
    rank = ops.sum(part * quantiles.rise, axis=-1)
    top = quantiles.rise.sum(axis=-1).clip(min=1 / quantiles.rise.shape[1])
    return ops.where(present, 2 * rank / top - 1, np.float32(0))


def ranked_array(raw: ArrayLike, quantiles: Quantiles) -> Float32s:
    """The same as `ranked`, for arrays.

    >>> ranked_array([[1.0], [2.0], [9.0]], fit_quantiles(np.float32([[1], [2], [3]]))).round(4).tolist()
    [[-1.0], [0.0], [1.0]]
    """
    return np.asarray(ranked(np.asarray(raw, dtype=np.float32), quantiles))
