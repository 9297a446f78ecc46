"""Samples at any times -> values at regular times."""

import numpy as np

from pipelines.signals.compiled import compiled
from pipelines.signals.segments import Floats, Ints, Series
from schemas.windows import WINDOW_MS


def resampled(series: Series, *, step_ms: int, max_gap_ms: int) -> Floats:
    """Values at 0, step, 2 step, ... ms of each window, float64 (windows, 60,000 / step), linearly interpolated.

    A value stands where a sample is, and between two samples at most `max_gap_ms` apart; elsewhere, so also
    before the first and after the last sample, is NaN. Unit: that of the series.

    >>> one = Series(np.array([1000, 3000, 9000]), np.array([1.0, 2.0, 8.0]), np.array([0, 3]))
    >>> resampled(one, step_ms=1000, max_gap_ms=2000)[0, :10].tolist()
    [nan, 1.0, 1.5, 2.0, nan, nan, nan, nan, nan, 8.0]
    """
    return _resampled(series.time_ms, series.value, series.offsets, step_ms, max_gap_ms)


@compiled
def _resampled(time_ms: Ints, value: Floats, offsets: Ints, step_ms: int, max_gap_ms: int) -> Floats:
    points = WINDOW_MS // step_ms
    found = np.full((len(offsets) - 1, points), np.nan)
    for window in range(len(offsets) - 1):
        before, last = offsets[window], offsets[window + 1] - 1
        if last < before:
            continue
        for point in range(-(-time_ms[before] // step_ms), min(time_ms[last] // step_ms + 1, points)):
            while before < last and time_ms[before + 1] <= point * step_ms:
                before += 1
            since = point * step_ms - time_ms[before]
            if since == 0:
                found[window, point] = value[before]
            elif time_ms[before + 1] - time_ms[before] <= max_gap_ms:
                gap = time_ms[before + 1] - time_ms[before]
                found[window, point] = value[before] + (value[before + 1] - value[before]) * (since / gap)
    return found
