"""Heart-rate variability in the frequency domain."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from pipelines.signals.heart.intervals import longest_runs
from pipelines.signals.heart.quadratic_spline import quadratic_splines
from pipelines.signals.series.compiled import compiled
from pipelines.signals.series.segments import Floats, Ints, Series

LF_HZ: Final = (0.04, 0.15)
HF_HZ: Final = (0.15, 0.40)
RATE_HZ: Final = 4
STEP_MS: Final = 1000 // RATE_HZ
MIN_BEATS: Final = 20
MIN_HF_MS: Final = 30_000
MIN_LF_MS: Final = 50_000
MIN_POWER_MS2: Final = 1e-9


def hrv_frequency(nn: Series) -> dict[str, Floats]:
    """LF (ms²), HF (ms²) and their ratio of each window's longest run of successive intervals; (windows,) each.

    `nn` holds plausible intervals (ms). The run is drawn at 4 Hz by a quadratic spline and its spectrum is
    Welch's (half the run per segment, half overlapping, Hann): exactly `hrv_frequency` of NeuroKit2 with
    `interpolation_rate=4, normalize=False, psd_method="welch"`, given the run as `RRI` and `RRI_Time`.
    Such a spectrum begins at 4 / T Hz for a run of T s. So HF needs 30 s, from which on its whole band is seen,
    and LF and the ratio need 50 s, from which on at least 0.08-0.15 Hz with the Mayer wave is seen; both need 20
    intervals; else NaN. Standards ask for 1 and 2 min (Task Force 1996, doi:10.1161/01.CIR.93.5.1043), and
    agreement with 5-min LF begins at 90 s (Baek et al. 2015, doi:10.1089/tmj.2014.0104; Shaffer and Ginsberg
    2017, doi:10.3389/fpubh.2017.00258): LF of a 60-s window is an ultra-short estimate, to be compared with its
    like only. Constant intervals have power 0 and no ratio.
    Welch 1967, doi:10.1109/TAU.1967.1161901; Makowski et al. 2021, doi:10.3758/s13428-020-01516-y.

    >>> ibi_ms = np.round(1000 + 40 * np.sin(2 * np.pi * 0.25 * np.arange(58)))
    >>> beats = Series(np.cumsum(ibi_ms).astype(int), ibi_ms, np.array([0, 58]))
    >>> {name: np.round(value, 1).item() for name, value in hrv_frequency(beats).items()}
    {'hrv_lf': 0.0, 'hrv_hf': 757.3, 'hrv_lf_hf': 0.0}
    """
    low, high = np.full((2, nn.windows), np.nan)
    first, end = longest_runs(nn)
    enough = np.flatnonzero(end - first >= MIN_BEATS)
    span_ms = nn.time_ms[end[enough] - 1] - nn.time_ms[first[enough]]
    enough, span_ms = enough[span_ms >= MIN_HF_MS], span_ms[span_ms >= MIN_HF_MS]
    if len(enough):
        powers = _powers(*_runs(nn, first[enough], end[enough]))
        high[enough] = powers[1]
        low[enough] = np.where(span_ms >= MIN_LF_MS, powers[0], np.nan)
    ratio = np.divide(low, high, out=np.full(nn.windows, np.nan), where=high > MIN_POWER_MS2)
    return {"hrv_lf": low, "hrv_hf": high, "hrv_lf_hf": ratio}


def _runs(nn: Series, first: Ints, end: Ints) -> tuple[Ints, Floats, Ints]:
    """Runs one after the other: times, intervals less their first (which keeps a constant at exactly 0), and ends."""
    count = end - first
    offsets = np.concatenate(([0], np.cumsum(count)))
    place = np.arange(offsets[-1]) + np.repeat(first - offsets[:-1], count)
    return nn.time_ms[place], nn.value[place] - np.repeat(nn.value[first], count), offsets


def _powers(time_ms: Ints, value: Floats, offsets: Ints) -> Floats:
    """LF and HF, (2, runs). Runs of one length share one plan."""
    curve, ends = quadratic_splines(time_ms, value, offsets, step_ms=STEP_MS)
    powers, length = np.empty((2, len(ends) - 1)), np.diff(ends)
    for points in np.unique(length).tolist():
        plan, same = _plan(points), np.flatnonzero(length == points)
        powers[:, same] = _band_powers(curve, ends[same], points, plan.hop, plan.waves, plan.bands) * plan.scale
    return powers


@dataclass(frozen=True)
class _Plan:
    """What Welch's spectrum of one length of series needs."""

    hop: int
    waves: Floats
    """(2, segment, frequencies): the taper times cosine and sine of every frequency of a band."""
    bands: Ints
    """(2, 2): first and last but one of the frequencies of LF and HF, as places in `waves`."""
    scale: float
    """From summed squares to ms²."""


@lru_cache(maxsize=512)
def _plan(points: int) -> _Plan:
    # The roundings are those of NeuroKit2, which at some lengths make a segment one point shorter than half.
    lowest_hz = (2 * RATE_HZ) / (points / 2)
    segment = int((2 / lowest_hz) * RATE_HZ)
    hop = segment - segment // 2
    taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(segment) / segment)
    hz = np.arange(segment + 1) * (RATE_HZ / (2 * segment))
    bands = np.array([np.searchsorted(hz, (max(low, lowest_hz), high)) for low, high in (LF_HZ, HF_HZ)])
    # Turns are counted modulo a whole one before they become an angle: so cosine and sine are exact at any length.
    turns = np.outer(np.arange(segment), np.arange(bands.min(), bands.max())) % (2 * segment)
    angle = turns * (np.pi / segment)
    segments = len(range(0, points - segment + 1, hop))
    # Twice for the frequencies below 0; half of a pair of neighbours for a trapezoid.
    scale = 2 / (RATE_HZ * (taper * taper).sum()) / segments * hz[1] / 2
    return _Plan(hop, taper[:, None] * np.stack([np.cos(angle), np.sin(angle)]), bands - bands.min(), scale)


@compiled
def _band_powers(curve: Floats, begins: Ints, points: int, hop: int, waves: Floats, bands: Ints) -> Floats:
    """(2, runs) of runs of so many points; to be scaled.

    The few frequencies of the bands are summed one by one: there are 22 of them in a minute, and a transform gives 121.
    """
    segment, frequencies = waves.shape[1:]
    powers = np.empty((2, len(begins)))
    for run in range(len(begins)):
        centred = curve[begins[run] : begins[run] + points] - _mean(curve[begins[run] : begins[run] + points])
        density = np.zeros(frequencies)
        for start in range(0, points - segment + 1, hop):
            real, imaginary = np.zeros(frequencies), np.zeros(frequencies)
            for at in range(segment):
                for frequency in range(frequencies):
                    real[frequency] += centred[start + at] * waves[0, at, frequency]
                    imaginary[frequency] += centred[start + at] * waves[1, at, frequency]
            for frequency in range(frequencies):
                density[frequency] += real[frequency] ** 2 + imaginary[frequency] ** 2
        for band in range(2):
            powers[band, run] = 0.0
            for frequency in range(bands[band, 0] + 1, bands[band, 1]):
                powers[band, run] += density[frequency - 1] + density[frequency]
    return powers


@compiled
def _mean(values: Floats) -> float:
    total = 0.0
    for value in values:
        total += value
    mean: float = total / len(values)
    return mean
