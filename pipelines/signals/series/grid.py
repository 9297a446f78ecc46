"""Samples at any times -> values at regular times, and the per-second sequence that the networks read."""

import numpy as np
from numpy.typing import NDArray

from pipelines.signals.series.compiled import compiled
from pipelines.signals.series.segments import Floats, Ints, Series
from schemas.windows import WINDOW_MS, WINDOW_S


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


def second_means(series: Series) -> NDArray[np.float32]:
    """Mean of the samples in each second, float32 (windows, 60); NaN where there is none. Unit: of the series.

    >>> second_means(Series(np.array([0, 500, 2000]), np.array([1.0, 2.0, 5.0]), np.array([0, 3])))[0, :3].tolist()
    [1.5, nan, 5.0]
    """
    return _second_means(series.time_ms, series.value, series.offsets)


@compiled
def _second_means(time_ms: Ints, value: Floats, offsets: Ints) -> NDArray[np.float32]:
    found = np.full((len(offsets) - 1, WINDOW_S), np.nan, dtype=np.float32)
    for window in range(len(offsets) - 1):
        at, last = offsets[window], offsets[window + 1]
        while at < last:
            second, total, count = time_ms[at] // 1000, 0.0, 0
            while at < last and time_ms[at] // 1000 == second:
                total += value[at]
                count += 1
                at += 1
            found[window, second] = total / count
    return found
