"""Heart-rate variability in the time domain."""

import numpy as np

from pipelines.signals.intervals import successive
from pipelines.signals.segments import Floats, Series
from pipelines.signals.statistics import centred, sample_std

NN50_MS = 50


def hrv_time(ibi: Series, nn: Series) -> dict[str, Floats]:
    """Mean NN, SDNN, RMSSD, pNN50 and the number of beats; float64 (windows,) each.

    `ibi` (ms) holds all intervals, `nn` the plausible ones of them. SDNN has ddof=1. RMSSD and pNN50 read
    differences of truly successive intervals only (`intervals.successive`). pNN50 (%) divides by one more than
    the number of differences, which is the number of intervals of an unbroken series, as the Task Force has it.
    Mean needs one interval, SDNN two, RMSSD and pNN50 one difference, else NaN; beats is NaN where no interval
    came at all. Task Force 1996, doi:10.1161/01.CIR.93.5.1043; equal to `hrv_time` of NeuroKit2 given `RRI` and
    `RRI_Time` (Makowski et al. 2021, doi:10.3758/s13428-020-01516-y) wherever two intervals are successive.

    >>> beats = Series(np.array([1000, 1800, 2660]), np.array([800.0, 800.0, 860.0]), np.array([0, 3]))
    >>> {name: np.round(value, 2).item() for name, value in hrv_time(beats, beats).items()}
    {'hrv_mean_nn': 820.0, 'hrv_sdnn': 34.64, 'hrv_rmssd': 42.43, 'hrv_pnn50': 33.33, 'hrv_beats': 3.0}
    """
    mean_ms, deviation_ms = centred(nn, nn.value)
    joined = np.flatnonzero(successive(nn))
    difference_ms = nn.value[joined] - nn.value[joined - 1]
    row = nn.row[joined]
    count = np.bincount(row, minlength=nn.windows)
    squares = np.bincount(row, difference_ms * difference_ms, nn.windows)
    over = np.bincount(row, np.abs(difference_ms) > NN50_MS, nn.windows)
    some = np.where(count > 0, count, np.nan)
    return {
        "hrv_mean_nn": mean_ms,
        "hrv_sdnn": sample_std(nn, deviation_ms),
        "hrv_rmssd": np.sqrt(squares / some),
        "hrv_pnn50": over / (some + 1) * 100,
        "hrv_beats": np.where(ibi.count > 0, nn.count, np.nan),
    }
