"""Blood oxygen saturation: how deep it falls."""

import numpy as np

from pipelines.signals.series.compiled import compiled
from pipelines.signals.series.segments import Floats, Ints, Series


def desaturation(spo2: Series) -> Floats:
    """The deepest fall (%) of each window below the highest value so far; float64 (windows,).

    `spo2` holds plausible samples (%). 0 where it never falls, so also with one sample; NaN with none. A fall
    whose beginning lies before the window is seen from the window's start on. Desaturation as a fall from the
    level before: Berry et al. 2012, doi:10.5664/jcsm.2172.

    >>> dip = Series(np.arange(5) * 1000, np.array([97.0, 98.0, 93.0, 95.0, 99.0]), np.array([0, 5]))
    >>> desaturation(dip).item()
    5.0
    """
    return _deepest_fall(spo2.value, spo2.offsets)


@compiled
def _deepest_fall(value: Floats, offsets: Ints) -> Floats:
    found = np.full(len(offsets) - 1, np.nan)
    for window in range(len(offsets) - 1):
        first, last = offsets[window], offsets[window + 1]
        if first < last:
            highest, deepest = value[first], 0.0
            for at in range(first, last):
                highest = max(highest, value[at])
                deepest = max(deepest, highest - value[at])
            found[window] = deepest
    return found
