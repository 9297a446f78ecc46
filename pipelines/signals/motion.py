"""Motion, read from the magnitude of acceleration."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.signals.series.compiled import compiled
from pipelines.signals.series.grid import resampled
from pipelines.signals.series.segments import Floats, Ints, Series
from pipelines.signals.series.statistics import sample_std, several, spread
from schemas.windows import WINDOW_MS

STEP_MS: Final = 125
MAX_GAP_MS: Final = 1_000
BAND_HZ: Final = (0.3, 4.0)
MIN_POINTS: Final = 160
MIN_STD_G: Final = 0.001
TIE: Final = 1e-9

_POINTS: Final = WINDOW_MS // STEP_MS
TAPER: Final = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_POINTS) / _POINTS)
GRID_HZ: Final = np.fft.rfftfreq(_POINTS, STEP_MS / 1000)
BAND: Final = tuple(int(np.abs(GRID_HZ - hz).argmin()) for hz in BAND_HZ)
"""Where on the grid the band begins and ends: both are on it."""

Axis = tuple[Ints, Floats, Ints]
"""Times, values and offsets, as in `Series`."""


def magnitude(x: Series, y: Series, z: Series) -> Series:
    """Euclidean norm (g) of the three axes, at the instants at which all three have a sample.

    >>> axes = [Series(np.array([0, 250]), np.array([a, 1.0]), np.array([0, 2])) for a in (2.0, 3.0, 6.0)]
    >>> magnitude(*axes).value.tolist()[0]
    7.0
    """
    return Series(*_magnitude(*((axis.time_ms, axis.value, axis.offsets) for axis in (x, y, z))))


@compiled
def _magnitude(x: Axis, y: Axis, z: Axis) -> Axis:
    (x_ms, x_g, x_offsets), (y_ms, y_g, y_offsets), (z_ms, z_g, z_offsets) = x, y, z
    time_ms, found, offsets = np.empty_like(x_ms), np.empty_like(x_g), np.zeros_like(x_offsets)
    end = 0
    for window in range(len(offsets) - 1):
        i, j, k = x_offsets[window], y_offsets[window], z_offsets[window]
        while i < x_offsets[window + 1] and j < y_offsets[window + 1] and k < z_offsets[window + 1]:
            latest_ms = max(x_ms[i], y_ms[j], z_ms[k])
            has_x, has_y, has_z = x_ms[i] == latest_ms, y_ms[j] == latest_ms, z_ms[k] == latest_ms
            if has_x and has_y and has_z:
                time_ms[end] = latest_ms
                found[end] = np.sqrt(x_g[i] * x_g[i] + y_g[j] * y_g[j] + z_g[k] * z_g[k])
                end, i, j, k = end + 1, i + 1, j + 1, k + 1
            else:
                i, j, k = i + (not has_x), j + (not has_y), k + (not has_z)
        offsets[window + 1] = end
    return time_ms[:end], found[:end], offsets


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
    squares = spread(acceleration)[1]
    return {
        "acc_energy": squares / several(acceleration.count),
        "acc_mag_std": sample_std(squares, acceleration.count),
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
    moving = _tapered(curve, TAPER)
    if len(moving):
        result[moving] = GRID_HZ[_highest(np.fft.rfft(curve[moving], axis=1), *BAND)]
    return result


@compiled
def _tapered(curve: Floats, taper: Floats) -> Ints:
    """Takes off the mean and tapers each row in place; the rows that have enough values and move."""
    moving = np.empty(len(curve), dtype=np.int64)
    found = 0
    for window in range(len(curve)):
        row = curve[window]
        known, total = 0, 0.0
        for at in range(len(row)):
            if not np.isnan(row[at]):
                known += 1
                total += row[at]
        squares = 0.0
        for at in range(len(row)):
            deviation_g = 0.0 if np.isnan(row[at]) else row[at] - total / known
            squares += deviation_g * deviation_g
            row[at] = deviation_g * taper[at]
        if known >= MIN_POINTS and squares >= MIN_STD_G * MIN_STD_G * known:
            moving[found] = window
            found += 1
    return moving[:found]


@compiled
def _highest(spectrum: NDArray[np.complex128], first: int, last: int) -> Ints:
    """Where in each row, from `first` to `last`, the power is greatest; of equals the first."""
    found = np.empty(len(spectrum), dtype=np.int64)
    for window in range(len(spectrum)):
        power = np.empty(last - first + 1)
        for at in range(len(power)):
            one = spectrum[window, first + at]
            power[at] = one.real * one.real + one.imag * one.imag
        at, enough = 0, power.max() * (1 - TIE)
        while power[at] < enough:
            at += 1
        found[window] = first + at
    return found
