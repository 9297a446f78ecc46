"""How much of a window a channel was there."""

import numpy as np

from pipelines.signals.compiled import compiled
from pipelines.signals.segments import Floats, Ints, Series
from schemas.windows import WINDOW_MS, WINDOW_S


def coverage(series: Series) -> Floats:
    """Share of the window's 60 seconds that have a sample, 0 to 1; float64 (windows,); 0 without samples.

    >>> coverage(Series(np.array([0, 250, 9_000]), np.ones(3), np.array([0, 3]))).item() == 2 / 60
    True
    """
    return _seconds(series.time_ms, series.offsets) / WINDOW_S


@compiled
def _seconds(time_ms: Ints, offsets: Ints) -> Ints:
    """Seconds of each window that have a sample; times rise."""
    found = np.zeros(len(offsets) - 1, dtype=np.int64)
    for window in range(len(offsets) - 1):
        reached = -1
        for at in range(offsets[window], offsets[window + 1]):
            second = time_ms[at] // 1000
            found[window] += second != reached
            reached = second
    return found


def interval_coverage(ibi: Series) -> Floats:
    """Summed length of the intervals (ms) over that of the window, at most 1; float64 (windows,).

    A beat a second need not put a sample in every second, so intervals are measured by what they span.

    >>> interval_coverage(Series(np.array([1000, 2000]), np.array([900.0, 900.0]), np.array([0, 2]))).item()
    0.03
    """
    return np.minimum(_total(ibi.value, ibi.offsets) / WINDOW_MS, 1.0)


@compiled
def _total(value: Floats, offsets: Ints) -> Floats:
    found = np.zeros(len(offsets) - 1)
    for window in range(len(offsets) - 1):
        for at in range(offsets[window], offsets[window + 1]):
            found[window] += value[at]
    return found
