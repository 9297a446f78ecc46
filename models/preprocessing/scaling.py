"""NaN-aware standardisation: fitted on training rows, carried inside the saved model."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from models.core.arrays import Bools, Float32s
from models.core.keras3 import keras

LIMIT: Final = 8.0
"""Standardised values are clipped here, so that one wild value cannot drive a network alone."""


@dataclass(frozen=True)
class Scaling:
    """Mean and standard deviation per last-axis column, and whether training saw the column at all."""

    mean: Float32s
    std: Float32s
    seen: Bools


def fit_scaling(values: Float32s) -> Scaling:
    """Column statistics over all axes but the last; only finite values count.

    A column without any finite value gets mean 0, standard deviation 1 and `seen` False: it is treated as missing
    for ever, because no network weight behind it was trained. A constant column gets standard deviation 1.

    >>> fit_scaling(np.array([[1, np.nan], [3, np.nan]], dtype=np.float32)).mean.tolist()
    [2.0, 0.0]
    """
    flat = values.reshape(-1, values.shape[-1]).astype(np.float64)
    present = np.isfinite(flat)
    count = np.maximum(present.sum(axis=0), 1)
    mean = np.where(present, flat, 0).sum(axis=0) / count
    std = np.sqrt(np.square(np.where(present, flat - mean, 0)).sum(axis=0) / count)
    constant = std <= 1e-6 * np.maximum(np.abs(mean), 1)
    return Scaling(mean.astype(np.float32), np.where(constant, 1, std).astype(np.float32), present.any(axis=0))


def scaled(raw: keras.KerasTensor, scaling: Scaling) -> keras.KerasTensor:
    """(…, C) raw tensor, NaN for missing -> (…, 2C): standardised values, 0 where missing, then presence as 1 or 0."""
    ops = keras.ops
    present = ops.logical_and(ops.isfinite(raw), scaling.seen)
    standardised = (ops.where(present, raw, scaling.mean) - scaling.mean) / scaling.std
    return ops.concatenate([ops.clip(standardised, -LIMIT, LIMIT), ops.cast(present, "float32")], axis=-1)


def scaled_array(raw: ArrayLike, scaling: Scaling) -> Float32s:
    """The same as `scaled`, for arrays."""
    return np.asarray(scaled(np.asarray(raw, dtype=np.float32), scaling))
