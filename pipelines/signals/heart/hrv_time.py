"""Heart-rate variability in the time domain."""

import numpy as np

from pipelines.signals.heart.intervals import joins
from pipelines.signals.series.compiled import compiled
from pipelines.signals.series.segments import Floats, Ints, Series
from pipelines.signals.series.statistics import sample_std, spread

NN50_MS = 50


def hrv_time(ibi: Series, plausible: Series, nn: Series) -> dict[str, Floats]:
    """Mean NN, SDNN, RMSSD, pNN50 and the number of beats; float64 (windows,) each.

    `ibi` (ms) holds all intervals, `plausible` those that a heart can have, `nn` the corrected ones. SDNN has ddof=1.
    RMSSD and pNN50 read differences of truly successive intervals only (`intervals.successive`). pNN50 (%) divides by
    one more than the number of differences, which is the number of intervals of an unbroken series, as the Task Force
    has it. Mean needs one interval, SDNN two, RMSSD and pNN50 one difference, else NaN; beats counts plausible
    intervals as they came, and is NaN where none came at all. Task Force 1996, doi:10.1161/01.CIR.93.5.1043; equal to
    `hrv_time` of NeuroKit2 given `RRI` and `RRI_Time` (Makowski et al. 2021, doi:10.3758/s13428-020-01516-y) wherever
    two intervals are successive.

    >>> beats = Series(np.array([1000, 1800, 2660]), np.array([800.0, 800.0, 860.0]), np.array([0, 3]))
    >>> {name: np.round(value, 2).item() for name, value in hrv_time(beats, beats, beats).items()}
    {'hrv_mean_nn': 820.0, 'hrv_sdnn': 34.64, 'hrv_rmssd': 42.43, 'hrv_pnn50': 33.33, 'hrv_beats': 3.0}
    """
    mean_ms, squares = spread(nn)
    count, of_differences, over = _differences(nn.time_ms, nn.value, nn.offsets)
    some = np.where(count > 0, count, np.nan)
    return {
        "hrv_mean_nn": mean_ms,
        "hrv_sdnn": sample_std(squares, nn.count),
        "hrv_rmssd": np.sqrt(of_differences / some),
        "hrv_pnn50": over / (some + 1) * 100,
        "hrv_beats": np.where(ibi.count > 0, plausible.count, np.nan),
    }


@compiled
def _differences(time_ms: Ints, value: Floats, offsets: Ints) -> Floats:
    """(3, windows): how many differences of successive intervals, their squares' sum, how many are large."""
    found = np.zeros((3, len(offsets) - 1))
    for window in range(len(offsets) - 1):
        for at in range(offsets[window] + 1, offsets[window + 1]):
            if joins(time_ms, value, at):
                difference_ms = value[at] - value[at - 1]
                found[0, window] += 1
                found[1, window] += difference_ms * difference_ms
                found[2, window] += abs(difference_ms) > NN50_MS
    return found
