"""Calibration by one rising curve per label (Zadrozny & Elkan 2002, doi:10.1145/775047.775151)."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from sklearn.isotonic import IsotonicRegression

from models.core.arrays import Floats, Ints
from models.core.keras3 import keras

CELLS: Final = 20
"""Straight pieces of a curve, equally wide."""

PRIOR_MINUTES: Final = 240.0
"""So many minutes of people weigh as much as the curve that changes nothing: a handful must not draw a staircase."""

LEAST: Final = 1e-3
"""No curve comes nearer to 0 or 1."""

GRID: Final = np.linspace(0, 1, CELLS + 1)


@dataclass(frozen=True)
class Isotonic:
    """Each label's probability is looked up in its curve; the results are divided by their sum.

    The most probable label may become another one: labels have different curves.

    >>> np.asarray(Isotonic((tuple(GRID),) * 2)(np.array([[0.83, 0.17]]))).round(6).tolist()
    [[0.83, 0.17]]
    """

    curves: tuple[tuple[float, ...], ...]
    """Of each label, its values at `GRID`."""

    @property
    def temperature(self) -> float:
        """That of no calibration."""
        return 1.0

    @property
    def bias(self) -> tuple[float, ...]:
        """Those of no calibration."""
        return (0.0,) * len(self.curves)

    def __call__(self, probabilities: keras.KerasTensor) -> keras.KerasTensor:
        ops = keras.ops
        away = probabilities[..., None] * CELLS - np.arange(CELLS + 1, dtype=np.float32)
        # Of a point between two knots, its nearness to each: the weights of linear interpolation.
        near = ops.relu(1 - ops.abs(away))
        found = ops.sum(near * np.array(self.curves, dtype=np.float32), axis=-1)
        return found / ops.sum(found, axis=-1, keepdims=True)


def fit_isotonic(probabilities: Floats, label: Ints, minutes: Floats) -> Isotonic:
    """Curves under which each label comes as often as it is said to, held towards no change.

    Probabilities (n, K), labels (n,); `minutes` (n,) is what a row counts. The curve of a label that no row has changes
    nothing.
    """
    p = np.asarray(probabilities, dtype=np.float64)
    return Isotonic(tuple(_curve(column, label == k, minutes) for k, column in enumerate(p.T)))


def _curve(probability: Floats, so: Ints, minutes: Floats) -> tuple[float, ...]:
    curve = _risen(probability, so, minutes) if so.any() else GRID
    return tuple(np.clip(curve, LEAST, 1 - LEAST).tolist())


def _risen(probability: Floats, so: Ints, minutes: Floats) -> Floats:
    """Isotonic regression on the rows and on made-up ones at each knot, of which just the share it says is so."""
    each = PRIOR_MINUTES / len(GRID)
    fitted = IsotonicRegression(out_of_bounds="clip").fit(
        np.concatenate([probability, GRID, GRID]),
        np.concatenate([so, np.ones(len(GRID)), np.zeros(len(GRID))]),
        sample_weight=np.concatenate([minutes, each * GRID, each * (1 - GRID)]),
    )
    return np.asarray(fitted.predict(GRID), dtype=np.float64)
