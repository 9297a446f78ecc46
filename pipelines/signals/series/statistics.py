"""The six statistics that every channel has."""

import numpy as np

from pipelines.signals.series.compiled import compiled
from pipelines.signals.series.segments import Floats, Ints, Series
from schemas.feature_table import STATISTICS


def statistics(series: Series) -> dict[str, Floats]:
    """Mean, std, min, max, range and slope of each window, in this order; each float64 (windows,).

    Unit: that of the series; slope: unit/s, by least squares against time. No sample: all NaN. One sample: std
    (ddof=1) and slope NaN, range 0. A constant series has exactly std 0 and slope 0. Sums are taken over
    differences from the window's first value and then from the mean (two passes), which keeps full precision
    under a large offset: Chan, Golub and LeVeque 1983, doi:10.1080/00031305.1983.10483115.

    >>> two = Series(np.array([0, 1000, 2000, 500]), np.array([1.0, 2.0, 6.0, 5.0]), np.array([0, 3, 4]))
    >>> {name: np.round(value, 3).tolist() for name, value in statistics(two).items()}["slope"]
    [2.5, nan]
    >>> statistics(two)["mean"].tolist(), statistics(two)["range"].tolist()
    ([3.0, 5.0], [5.0, 0.0])
    """
    columns = _statistics(series.time_ms, series.value, series.offsets)
    return dict(zip(STATISTICS, columns, strict=True))


@compiled
def _statistics(time_ms: Ints, value: Floats, offsets: Ints) -> Floats:
    """(6, windows), in the order of `STATISTICS`."""
    windows = len(offsets) - 1
    found = np.full((6, windows), np.nan)
    for window in range(windows):
        first, last = offsets[window], offsets[window + 1]
        count = last - first
        if count == 0:
            continue
        low = high = value[first]
        shift, shift_ms = 0.0, 0.0
        for at in range(first, last):
            low, high = min(low, value[at]), max(high, value[at])
            shift += value[at] - value[first]
            shift_ms += time_ms[at] - time_ms[first]
        shift, shift_ms = shift / count, shift_ms / count
        squares, spread, together = 0.0, 0.0, 0.0
        for at in range(first, last):
            deviation = (value[at] - value[first]) - shift
            since_ms = (time_ms[at] - time_ms[first]) - shift_ms
            squares += deviation * deviation
            spread += since_ms * since_ms
            together += since_ms * deviation
        found[0, window] = value[first] + shift
        found[2, window], found[3, window], found[4, window] = low, high, high - low
        if count > 1:
            found[1, window] = np.sqrt(squares / (count - 1))
            found[5, window] = together / spread * 1000
    return found


def spread(series: Series) -> tuple[Floats, Floats]:
    """Each window's mean, and the sum of squared differences from it; float64 (windows,), NaN without samples.

    In the unit of the series, and in its square; exactly 0 for a constant. Taken as in `statistics`.

    >>> [part.tolist() for part in spread(Series(np.array([0, 1, 2]), np.full(3, 0.1), np.array([0, 3])))]
    [[0.1], [0.0]]
    """
    mean, squares = _spread(series.value, series.offsets)
    return mean, squares


@compiled
def _spread(value: Floats, offsets: Ints) -> Floats:
    found = np.full((2, len(offsets) - 1), np.nan)
    for window in range(len(offsets) - 1):
        first, last = offsets[window], offsets[window + 1]
        if first == last:
            continue
        shift, squares = 0.0, 0.0
        for at in range(first, last):
            shift += value[at] - value[first]
        shift /= last - first
        for at in range(first, last):
            deviation = (value[at] - value[first]) - shift
            squares += deviation * deviation
        found[0, window], found[1, window] = value[first] + shift, squares
    return found


def sample_std(squares: Floats, count: Ints) -> Floats:
    """Standard deviation (ddof=1) from sums of squared differences; NaN with fewer than two samples.

    >>> sample_std(np.array([2.0, 0.0]), np.array([2, 1])).round(3)
    array([1.414,   nan])
    """
    std: Floats = np.sqrt(squares / (several(count) - 1))
    return std


def several(count: Ints) -> Floats:
    """The number of samples where it is more than one, else NaN; float64 (windows,).

    >>> several(np.array([2, 1, 0])).tolist()
    [2.0, nan, nan]
    """
    return np.where(count > 1, count, np.nan)
