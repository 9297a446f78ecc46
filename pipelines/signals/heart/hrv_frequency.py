"""Heart-rate variability in the frequency domain."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from pipelines.signals.heart.intervals import longest_runs
from pipelines.signals.heart.quadratic_spline import quadratic_spline
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
        powers = _powers(*_runs(nn, first[enough], end[enough]), -(-span_ms // STEP_MS) + 1)
        high[enough] = powers[1]
        low[enough] = np.where(span_ms >= MIN_LF_MS, powers[0], np.nan)
    ratio = np.divide(low, high, out=np.full(nn.windows, np.nan), where=high > MIN_POWER_MS2)
    return {"hrv_lf": low, "hrv_hf": high, "hrv_lf_hf": ratio}


def _runs(nn: Series, first: Ints, end: Ints) -> tuple[Ints, Floats, Ints]:
    """Runs as padded rows: times from 0, intervals less their first (which keeps a constant at exactly 0)."""
    count = end - first
    place = np.minimum(first[:, None] + np.arange(count.max()), end[:, None] - 1)
    return nn.time_ms[place] - nn.time_ms[first][:, None], nn.value[place] - nn.value[first][:, None], count


def _powers(time_ms: Ints, value: Floats, count: Ints, length: Ints) -> Floats:
    """LF and HF, (2, runs). Runs of one length share one transform."""
    curve = quadratic_spline(time_ms, value, count, step_ms=STEP_MS)
    powers = np.empty((2, len(curve)))
    for points in np.unique(length):
        same = length == points
        powers[:, same] = _band_powers(np.ascontiguousarray(curve[same, :points]))
    return powers


@dataclass(frozen=True)
class _Plan:
    """What Welch's spectrum of one length of series needs."""

    segment: int
    hop: int
    taper: Floats
    scale: float
    bands: tuple[slice, slice]
    width_hz: float


@lru_cache(maxsize=512)
def _plan(points: int) -> _Plan:
    # The roundings are those of NeuroKit2, which at some lengths make a segment one point shorter than half.
    lowest_hz = (2 * RATE_HZ) / (points / 2)
    segment = int((2 / lowest_hz) * RATE_HZ)
    taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(segment) / segment)
    hz = np.fft.rfftfreq(2 * segment, 1 / RATE_HZ)
    lf, hf = (slice(*np.searchsorted(hz, (max(low, lowest_hz), high))) for low, high in (LF_HZ, HF_HZ))
    scale = 2 / (RATE_HZ * (taper * taper).sum())
    return _Plan(segment, segment - segment // 2, taper, scale, (lf, hf), hz[1])


def _band_powers(curve: Floats) -> Floats:
    """(runs, points) -> LF and HF, (2, runs)."""
    plan = _plan(curve.shape[1])
    curve = curve - curve.mean(axis=1, keepdims=True)
    starts = range(0, curve.shape[1] - plan.segment + 1, plan.hop)
    density = np.zeros((len(curve), plan.segment + 1))
    for start in starts:
        density += _periodogram(curve[:, start : start + plan.segment], plan) / len(starts)
    return np.stack([_integral(density[:, band], plan.width_hz) for band in plan.bands])


def _periodogram(part: Floats, plan: _Plan) -> Floats:
    spectrum = np.fft.rfft(part * plan.taper, 2 * plan.segment, axis=1)
    density: Floats = (spectrum.real**2 + spectrum.imag**2) * plan.scale
    return density


def _integral(density: Floats, width_hz: float) -> Floats:
    """By trapezoids along the last axis."""
    # The order in which sums are taken follows the memory layout: only this one is the same for every batch size.
    pairs = np.ascontiguousarray(density[:, 1:] + density[:, :-1])
    power: Floats = pairs.sum(axis=1) * (width_hz / 2)
    return power
