"""Calibration by a single temperature (Guo et al. 2017, arXiv:1706.04599)."""

from typing import Final

import numpy as np
from scipy.optimize import minimize_scalar

from models.arrays import Floats, Ints

SMALLEST: Final = 1e-7
"""Probabilities are kept above this before their logarithm is taken."""

BOUNDS: Final = (0.2, 5.0)


def tempered(probabilities: Floats, temperature: float) -> Floats:
    """Probabilities (n, K) with their logits divided by `temperature`; rows sum to 1, and their order stays.

    >>> tempered(np.array([[0.8, 0.2]]), 1.0).round(6).tolist()
    [[0.8, 0.2]]
    """
    logits = np.log(np.maximum(probabilities, SMALLEST)) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=1, keepdims=True)
    return shares


def fit_temperature(probabilities: Floats, label: Ints) -> float:
    """The temperature in 0.2..5 that makes the labels (n,) most likely under `tempered` probabilities (n, K)."""
    rows = np.arange(len(label))

    def surprise(log_temperature: float) -> float:
        chosen = tempered(probabilities, np.exp(log_temperature))[rows, label]
        return float(-np.log(np.maximum(chosen, SMALLEST)).mean())

    found = minimize_scalar(surprise, bounds=np.log(BOUNDS), method="bounded")
    return float(np.exp(found.x))
