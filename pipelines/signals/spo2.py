"""Blood oxygen saturation: how deep it falls."""

import numpy as np

from pipelines.signals.segments import Floats, Series


def desaturation(spo2: Series) -> Floats:
    """The deepest fall (%) of each window below the highest value so far; float64 (windows,).

    `spo2` holds plausible samples (%). 0 where it never falls, so also with one sample; NaN with none. A fall
    whose beginning lies before the window is seen from the window's start on. Desaturation as a fall from the
    level before: Berry et al. 2012, doi:10.5664/jcsm.2172.

    >>> dip = Series(np.arange(5) * 1000, np.array([97.0, 98.0, 93.0, 95.0, 99.0]), np.array([0, 5]))
    >>> desaturation(dip).item()
    5.0
    """
    return spo2.greatest(running_maximum(spo2) - spo2.value)


def running_maximum(series: Series) -> Floats:
    """The highest value from the window's first sample to each sample, by doubling steps: float64 (samples,).

    >>> running_maximum(Series(np.arange(3), np.array([2.0, 1.0, 3.0]), np.array([0, 2, 3]))).tolist()
    [2.0, 2.0, 3.0]
    """
    highest = series.value.copy()
    step, longest = 1, int(series.count.max(initial=0))
    while step < longest:
        same_window = series.row[step:] == series.row[:-step]
        highest[step:] = np.where(same_window, np.maximum(highest[step:], highest[:-step]), highest[step:])
        step *= 2
    return highest
