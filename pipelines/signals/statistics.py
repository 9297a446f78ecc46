"""The six statistics that every channel has."""

import numpy as np

from pipelines.compiled import compiled
from pipelines.signals.segments import Floats, Ints, Series
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


def centred(series: Series, values: Floats) -> tuple[Floats, Floats]:
    """Each window's mean (NaN without samples), and `values` (samples,) less that mean: exactly 0 for a constant.

    >>> three = Series(np.array([0, 1, 2]), np.array([0.1, 0.1, 0.1]), np.array([0, 3]))
    >>> [part.tolist() for part in centred(three, three.value)]
    [[0.1], [0.0, 0.0, 0.0]]
    """
    first = series.first(values)
    shifted = values - series.spread(first)
    with np.errstate(invalid="ignore"):
        shift = series.total(shifted) / series.count
    return first + shift, shifted - series.spread(shift)


def sample_std(series: Series, deviation: Floats) -> Floats:
    """Standard deviation (ddof=1) of each window from deviations from its mean; NaN with fewer than two samples.

    >>> sample_std(Series(np.array([0, 1]), np.array([1.0, 3.0]), np.array([0, 2])), np.array([-1.0, 1.0])).round(3)
    array([1.414])
    """
    squares = series.total(deviation * deviation)
    several = np.where(series.count > 1, series.count, np.nan)
    std: Floats = np.sqrt(squares / (several - 1))
    return std
