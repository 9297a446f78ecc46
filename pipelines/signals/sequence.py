"""What the networks read: one value per second and channel."""

import numpy as np
from numpy.typing import NDArray

from pipelines.signals.compiled import compiled
from pipelines.signals.segments import Floats, Ints, Series
from schemas.windows import WINDOW_S


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
