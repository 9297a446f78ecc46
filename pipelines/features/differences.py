"""How far two numbers that should be one are apart."""

import numpy as np

from pipelines.signals.segments import Floats


def relative_difference(one: Floats, other: Floats) -> Floats:
    """|a - b| over the greater magnitude, elementwise; shapes must fit.

    0 where both are equal or both missing (NaN), infinite where one alone is missing.

    >>> relative_difference(np.array([1.0, np.nan, 0.0, 2.0]), np.array([1.0, np.nan, 0.0, 1.0])).tolist()
    [0.0, 0.0, 0.0, 0.5]
    """
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    with np.errstate(invalid="ignore"):
        apart = np.abs(one - other)
        found = np.divide(apart, np.maximum(np.abs(one), np.abs(other)), out=np.zeros_like(apart), where=~same)
    return np.where(same, 0.0, np.where(np.isnan(found), np.inf, found))
