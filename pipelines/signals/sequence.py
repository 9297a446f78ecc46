"""What the networks read: one value per second and channel."""

import numpy as np
from numpy.typing import NDArray

from pipelines.signals.segments import Series
from schemas.windows import WINDOW_S


def second_means(series: Series) -> NDArray[np.float32]:
    """Mean of the samples in each second, float32 (windows, 60); NaN where there is none. Unit: of the series.

    >>> second_means(Series(np.array([0, 500, 2000]), np.array([1.0, 2.0, 5.0]), np.array([0, 3])))[0, :3].tolist()
    [1.5, nan, 5.0]
    """
    total = np.bincount(series.second, series.value, series.windows * WINDOW_S).reshape(-1, WINDOW_S)
    with np.errstate(invalid="ignore"):
        return (total / series.per_second).astype(np.float32)
