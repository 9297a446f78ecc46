"""The mean over the last half minute of event time."""

import numpy as np

from models.arrays import Floats, Ints, Reals
from schemas.windows import SMOOTHING_MS


def smooth(window_end_ms: Ints, probabilities: Reals, now_end_ms: int) -> Floats:
    """Mean of probabilities (k, K) over the windows that end in (now - 30 s, now], event time in milliseconds.

    Windows may come in any order; of those with the same end the last one given counts, once. The result is the same
    to the last bit for any order of different ends. NaN (K,) when no window ends in that time.

    >>> smooth(np.array([0, 30_000, 60_000]), np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]), 60_000).tolist()
    [1.0, 0.0]
    """
    p = np.asarray(probabilities, dtype=np.float64)
    inside = (window_end_ms > now_end_ms - SMOOTHING_MS) & (window_end_ms <= now_end_ms)
    newest = {int(end): row for row, end in enumerate(window_end_ms) if inside[row]}
    if not newest:
        return np.full(p.shape[1], np.nan)
    chosen: Floats = p[[newest[end] for end in sorted(newest)]]
    return np.asarray(chosen.mean(axis=0))
