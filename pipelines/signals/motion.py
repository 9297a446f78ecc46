"""Motion, read from the magnitude of acceleration."""

from typing import Final

import numpy as np

from pipelines.signals.grid import resampled
from pipelines.signals.segments import Floats, Ints, Series
from pipelines.signals.statistics import centred, sample_std
from schemas.windows import WINDOW_MS

STEP_MS: Final = 125
MAX_GAP_MS: Final = 1_000
BAND_HZ: Final = (0.3, 4.0)
MIN_POINTS: Final = 160
MIN_STD_G: Final = 0.001
TIE: Final = 1e-9


def magnitude(x: Series, y: Series, z: Series) -> Series:
    """Euclidean norm (g) of the three axes, at the instants at which all three have a sample.

    >>> axes = [Series(np.array([0, 250]), np.array([a, 1.0]), np.array([0, 2])) for a in (2.0, 3.0, 6.0)]
    >>> magnitude(*axes).value.tolist()[0]
    7.0
    """
    instants = [axis.row * WINDOW_MS + axis.time_ms for axis in (x, y, z)]
    if not (np.array_equal(instants[0], instants[1]) and np.array_equal(instants[0], instants[2])):
        x, y, z = _in_common((x, y, z), instants)
    return Series(x.time_ms, np.sqrt(x.value * x.value + y.value * y.value + z.value * z.value), x.offsets)


def _in_common(axes: tuple[Series, Series, Series], instants: list[Ints]) -> list[Series]:
    """Each axis at the instants that all have; within a window, and so through all, these rise."""
    shared = instants[0]
    for others in instants[1:]:
        shared = np.intersect1d(shared, others, assume_unique=True)
    return [axis.kept(np.isin(at, shared, assume_unique=True)) for axis, at in zip(axes, instants, strict=True)]


def motion(acceleration: Series) -> dict[str, Floats]:
    """Energy (g²), spread (g) and dominant frequency (Hz) of motion; float64 (windows,) each.

    `acceleration` is the magnitude (g). Energy is its mean square about its mean, spread its standard deviation
    (ddof=1); both NaN with fewer than two samples. For the frequency see `dominant_hz`.
    Bouten et al. 1997, doi:10.1109/10.554760.

    >>> time_ms = np.arange(0, 60_000, 100)
    >>> walk = Series(time_ms, 1 + 0.3 * np.sin(2 * np.pi * 1.8 * time_ms / 1000), np.array([0, 600]))
    >>> {name: round(value.item(), 3) for name, value in motion(walk).items()}
    {'acc_energy': 0.045, 'acc_mag_std': 0.212, 'acc_dominant_hz': 1.8}
    """
    deviation_g = centred(acceleration, acceleration.value)[1]
    several = np.where(acceleration.count > 1, acceleration.count, np.nan)
    return {
        "acc_energy": acceleration.total(deviation_g * deviation_g) / several,
        "acc_mag_std": sample_std(acceleration, deviation_g),
        "acc_dominant_hz": dominant_hz(acceleration),
    }


def dominant_hz(acceleration: Series) -> Floats:
    """The frequency (Hz) of greatest power at 0.3-4 Hz, on a grid of 1/60 Hz; float64 (windows,).

    The magnitude (g) is drawn at 8 Hz, interpolated over at most 1 s; its mean is taken off and also stands in
    longer gaps; Hann taper, one transform of the whole window; of equal powers the lowest frequency. NaN with
    fewer than 160 grid values (20 s: six periods of the slowest motion) or a spread below 1 mg, which no wearable
    resolves. Samples slower than 8 Hz show motion up to half their rate only. Range of human motion: Bouten et
    al. 1997, doi:10.1109/10.554760.

    >>> still = Series(np.arange(0, 60_000, 250), np.ones(240), np.array([0, 240]))
    >>> dominant_hz(still).item()
    nan
    """
    result = np.full(acceleration.windows, np.nan)
    curve = resampled(acceleration, step_ms=STEP_MS, max_gap_ms=MAX_GAP_MS)
    known = ~np.isnan(curve)
    enough = np.flatnonzero(known.sum(axis=1) >= MIN_POINTS)
    curve, known = curve[enough], known[enough]
    curve = np.where(known, curve, 0.0)
    mean_g = curve.sum(axis=1, keepdims=True) / known.sum(axis=1, keepdims=True)
    curve = np.where(known, curve - mean_g, 0.0)
    moves = (curve * curve).sum(axis=1) >= MIN_STD_G**2 * known.sum(axis=1)
    result[enough[moves]] = _peak_hz(np.ascontiguousarray(curve[moves]))
    return result


def _peak_hz(curve: Floats) -> Floats:
    points = WINDOW_MS // STEP_MS
    taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(points) / points)
    hz = np.fft.rfftfreq(points, STEP_MS / 1000)
    band = np.flatnonzero((hz >= BAND_HZ[0]) & (hz <= BAND_HZ[1]))
    spectrum = np.fft.rfft(curve * taper, axis=1)[:, band]
    power = spectrum.real**2 + spectrum.imag**2
    highest = power >= power.max(axis=1, keepdims=True, initial=0.0) * (1 - TIE)
    peak_hz: Floats = hz[band][highest.argmax(axis=1)]
    return peak_hz
