"""Samples at any times -> values at regular times."""

import numpy as np

from pipelines.signals.segments import Floats, Series
from schemas.windows import WINDOW_MS


def resampled(series: Series, *, step_ms: int, max_gap_ms: int) -> Floats:
    """Values at 0, step, 2 step, ... ms of each window, float64 (windows, 60,000 / step), linearly interpolated.

    A value stands where a sample is, and between two samples at most `max_gap_ms` apart; elsewhere, so also
    before the first and after the last sample, is NaN. Unit: that of the series.

    >>> one = Series(np.array([1000, 3000, 9000]), np.array([1.0, 2.0, 8.0]), np.array([0, 3]))
    >>> resampled(one, step_ms=1000, max_gap_ms=2000)[0, :10].tolist()
    [nan, 1.0, 1.5, 2.0, nan, nan, nan, nan, nan, 8.0]
    """
    grid_ms = np.arange(0, WINDOW_MS, step_ms)
    if not len(series.value):
        return np.full((series.windows, len(grid_ms)), np.nan)
    width = len(grid_ms) + 1
    first_after = series.row * width + (series.time_ms + step_ms - 1) // step_ms
    arrived = np.bincount(first_after, minlength=series.windows * width).reshape(-1, width)[:, :-1].cumsum(axis=1)
    last = len(series.value) - 1
    before = np.maximum(series.offsets[:-1, None] + arrived - 1, 0)
    after = np.minimum(before + 1, last)
    since = grid_ms - series.time_ms[before]
    gap = series.time_ms[after] - series.time_ms[before]
    between = (arrived > 0) & (arrived < series.count[:, None]) & (gap <= max_gap_ms)
    rise = (series.value[after] - series.value[before]) * (since / np.where(between, gap, 1))
    value = series.value[before] + np.where(between, rise, 0.0)
    return np.where(between | ((arrived > 0) & (since == 0)), value, np.nan)
