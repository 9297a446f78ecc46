"""Slow, obvious versions of everything that is computed of a window, one window and one number at a time.

The oracle of the fast path: nothing of `pipelines.signals` is used. A window is a start and a list of
(timestamp_ms, channel name, value); a signal is a list of (ms in the window, value), ascending.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import pairwise
from statistics import fmean, median, stdev

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import interp1d
from scipy.signal import welch

from schemas.channels import CHANNELS, SEQUENCE_CHANNELS

Sample = tuple[int, str, float]
Signal = list[tuple[int, float]]
PLAUSIBLE = {channel.name: channel.plausible for channel in CHANNELS}
NAN = math.nan


def windows(samples: Iterable[Sample]) -> dict[int, list[Sample]]:
    """Window start -> its samples, for every window on the 5-s grid that holds one."""
    found: dict[int, list[Sample]] = defaultdict(list)
    for sample in samples:
        for start in range(sample[0] // 5_000 * 5_000 - 55_000, sample[0] + 1, 5_000):
            if start <= sample[0] < start + 60_000:
                found[start].append(sample)
    return dict(sorted(found.items()))


def signals(start_ms: int, samples: Iterable[Sample]) -> dict[str, Signal]:
    """Per channel one value per instant: the mean of the distinct finite values."""
    seen: dict[str, dict[int, set[float]]] = {channel.name: defaultdict(set) for channel in CHANNELS}
    for timestamp_ms, channel, value in samples:
        if math.isfinite(value):
            seen[channel][timestamp_ms - start_ms].add(value)
    return {name: [(ms, fmean(values)) for ms, values in sorted(at.items())] for name, at in seen.items()}


def features(start_ms: int, samples: Iterable[Sample]) -> dict[str, float]:
    """Every feature by name."""
    found = signals(start_ms, samples)
    result = {f"{name}_{key}": value for name, signal in found.items() for key, value in describe(signal).items()}
    acceleration = magnitude(found)
    result |= hrv_time(found["ibi"]) | hrv_frequency(plausible("ibi", found["ibi"]))
    result |= eda(plausible("gsr", found["gsr"])) | motion(acceleration)
    result["spo2_desaturation"] = desaturation([value for _, value in plausible("spo2", found["spo2"])])
    return result


def coverage(start_ms: int, samples: Iterable[Sample]) -> dict[str, float]:
    found = signals(start_ms, samples)
    result = {name: len({ms // 1000 for ms, _ in signal}) / 60 for name, signal in found.items()}
    result["ibi"] = min(1.0, sum(value for _, value in found["ibi"]) / 60_000)
    return result


def quality(start_ms: int, samples: Iterable[Sample]) -> dict[str, float]:
    result = {}
    for name, signal in signals(start_ms, samples).items():
        seconds = {ms // 1000 for ms, _ in signal}
        spoilt = {signal[index][0] // 1000 for index in faulty(name, signal)}
        result[name] = len(seconds - spoilt) / len(seconds) if seconds else 0.0
    return result


def sequence(start_ms: int, samples: Iterable[Sample]) -> NDArray[np.float32]:
    """(60, channels): mean per second."""
    found = signals(start_ms, samples)
    found["acc_mag"] = magnitude(found)
    result = np.full((60, len(SEQUENCE_CHANNELS)), NAN, dtype=np.float32)
    for column, name in enumerate(SEQUENCE_CHANNELS):
        for second in range(60):
            values = [value for ms, value in found[name] if ms // 1000 == second]
            if values:
                result[second, column] = fmean(values)
    return result


def describe(signal: Signal) -> dict[str, float]:
    values = [value for _, value in signal]
    if not values:
        return dict.fromkeys(("mean", "std", "min", "max", "range", "slope"), NAN)
    several = len(values) > 1
    return {
        "mean": fmean(values),
        "std": stdev(values) if several else NAN,
        "min": min(values),
        "max": max(values),
        "range": max(values) - min(values),
        "slope": slope(signal) if several else NAN,
    }


def slope(signal: Signal) -> float:
    """Per second, by least squares."""
    at_s, mean = fmean(ms for ms, _ in signal) / 1000, fmean(value for _, value in signal)
    above = math.fsum((ms / 1000 - at_s) * (value - mean) for ms, value in signal)
    return above / math.fsum((ms / 1000 - at_s) ** 2 for ms, _ in signal)


def plausible(name: str, signal: Signal) -> Signal:
    low, high = PLAUSIBLE[name]
    return [(ms, value) for ms, value in signal if low <= value <= high]


def joined(earlier: tuple[int, float], later: tuple[int, float]) -> bool:
    """Whether the later interval begins at the earlier one's beat, to 10 ms."""
    return abs(later[0] - later[1] - earlier[0]) <= 10


def hrv_time(ibi: Signal) -> dict[str, float]:
    nn = plausible("ibi", ibi)
    values = [value for _, value in nn]
    steps = [later[1] - earlier[1] for earlier, later in pairwise(nn) if joined(earlier, later)]
    return {
        "hrv_mean_nn": fmean(values) if values else NAN,
        "hrv_sdnn": stdev(values) if len(values) > 1 else NAN,
        "hrv_rmssd": math.sqrt(fmean(step**2 for step in steps)) if steps else NAN,
        "hrv_pnn50": 100 * sum(abs(step) > 50 for step in steps) / (len(steps) + 1) if steps else NAN,
        "hrv_beats": float(len(nn)) if ibi else NAN,
    }


def longest_run(nn: Signal) -> Signal:
    runs: list[Signal] = []
    for beat in nn:
        if runs and joined(runs[-1][-1], beat):
            runs[-1].append(beat)
        else:
            runs.append([beat])
    return max(runs, key=lambda run: run[-1][0] - run[0][0], default=[])


def hrv_frequency(nn: Signal) -> dict[str, float]:
    run = longest_run(nn)
    span_ms = run[-1][0] - run[0][0] if run else 0
    if len(run) < 20 or span_ms < 30_000:
        return {"hrv_lf": NAN, "hrv_hf": NAN, "hrv_lf_hf": NAN}
    at_s = np.array([ms - run[0][0] for ms, _ in run]) / 1000
    ibi_ms = np.array([value for _, value in run]) - run[0][1]
    grid_s = np.arange(0, at_s[-1] + 0.25, 0.25)
    curve = interp1d(at_s, ibi_ms, kind="quadratic", bounds_error=False, fill_value=ibi_ms[-1])(grid_s)
    lowest_hz = 2 * 4 / (len(curve) / 2)
    segment = int(2 / lowest_hz * 4)
    centred = curve - curve.mean()
    hz, density = welch(centred, fs=4, nperseg=segment, nfft=2 * segment, detrend=False, window="hann")
    lf = band_power(hz, density, max(0.04, lowest_hz), 0.15) if span_ms >= 50_000 else NAN
    hf = band_power(hz, density, 0.15, 0.40)
    return {"hrv_lf": lf, "hrv_hf": hf, "hrv_lf_hf": lf / hf if hf > 1e-9 else NAN}


def band_power(hz: NDArray[np.float64], density: NDArray[np.float64], low: float, high: float) -> float:
    band = (hz >= low) & (hz < high)
    return sum((q + p) / 2 * (g - f) for (f, p), (g, q) in pairwise(zip(hz[band], density[band], strict=True)))


def grid(signal: Signal, step_ms: int, max_gap_ms: int) -> list[float]:
    """Values at regular times; NaN in gaps and beyond the ends."""
    exact = dict(signal)
    result = []
    for at in range(0, 60_000, step_ms):
        earlier = [ms for ms, _ in signal if ms < at]
        later = [ms for ms, _ in signal if ms > at]
        if at in exact:
            result.append(exact[at])
        elif earlier and later and later[0] - earlier[-1] <= max_gap_ms:
            share = (at - earlier[-1]) / (later[0] - earlier[-1])
            result.append(exact[earlier[-1]] * (1 - share) + exact[later[0]] * share)
        else:
            result.append(NAN)
    return result


def eda(gsr: Signal) -> dict[str, float]:
    curve = grid(gsr, 250, 2_000)
    levels = []
    for block in range(6):
        known = [value for value in curve[40 * block : 40 * block + 40] if not math.isnan(value)]
        if len(known) >= 20:
            levels.append((10_000 * block + 5_000, median(known)))
    smooth = [math.fsum(curve[index - 2 : index + 3]) / 5 for index in range(2, 238)]
    amplitudes = responses(smooth) if sum(not math.isnan(value) for value in smooth) >= 40 else None
    return {
        "eda_scl": describe(levels)["mean"],
        "eda_scl_slope": describe(levels)["slope"],
        "eda_scr_count": NAN if amplitudes is None else float(len(amplitudes)),
        "eda_scr_amplitude_sum": NAN if amplitudes is None else math.fsum(amplitudes),
    }


def responses(smooth: list[float]) -> list[float]:
    """Amplitudes of climbs by at least 0.05 µS in at most 5 s, whole within the signal."""

    def climbs(index: int) -> bool:
        return smooth[index + 1] - smooth[index] >= 0.0025 - 1e-9

    amplitudes, trough = [], 0
    while trough < len(smooth) - 1:
        peak = trough
        while peak < len(smooth) - 1 and climbs(peak):
            peak += 1
        whole = trough > 0 and peak < len(smooth) - 1 and not math.isnan(smooth[trough - 1] + smooth[peak + 1])
        if whole and 0 < peak - trough <= 20 and smooth[peak] - smooth[trough] >= 0.05 - 1e-9:
            amplitudes.append(smooth[peak] - smooth[trough])
        trough = max(peak, trough + 1)
    return amplitudes


def magnitude(found: dict[str, Signal]) -> Signal:
    x, y, z = (dict(found[axis]) for axis in ("acc_x", "acc_y", "acc_z"))
    return [(ms, math.sqrt(x[ms] ** 2 + y[ms] ** 2 + z[ms] ** 2)) for ms in sorted(x.keys() & y.keys() & z.keys())]


def motion(acceleration: Signal) -> dict[str, float]:
    values = [value for _, value in acceleration]
    several = len(values) > 1
    return {
        "acc_energy": fmean((value - fmean(values)) ** 2 for value in values) if several else NAN,
        "acc_mag_std": stdev(values) if several else NAN,
        "acc_dominant_hz": dominant_hz(acceleration),
    }


def dominant_hz(acceleration: Signal) -> float:
    curve = grid(acceleration, 125, 1_000)
    known = [value for value in curve if not math.isnan(value)]
    if len(known) < 160 or fmean((value - fmean(known)) ** 2 for value in known) < 0.001**2:
        return NAN
    filled = np.array([0.0 if math.isnan(value) else value - fmean(known) for value in curve])
    time_s = np.arange(480) / 8
    tapered = filled * np.sin(np.pi * np.arange(480) / 480) ** 2
    powers = {k / 60: abs((tapered * np.exp(-2j * np.pi * k / 60 * time_s)).sum()) ** 2 for k in range(18, 241)}
    return min(hz for hz, power in powers.items() if power >= max(powers.values()) * (1 - 1e-9))


def desaturation(values: list[float]) -> float:
    return max((max(values[: index + 1]) - value for index, value in enumerate(values)), default=NAN)


def faulty(name: str, signal: Signal) -> set[int]:
    """Positions of samples that are not plausible or show an artefact."""
    low, high = PLAUSIBLE[name]
    bad = {index for index, (_, value) in enumerate(signal) if not low <= value <= high}
    for index, (earlier, later) in enumerate(pairwise(signal), start=1):
        if ARTEFACTS.get(name, lambda *_: False)(earlier, later):
            bad.add(index)
    return bad | (stuck(signal) if name in ("gsr", "acc_x", "acc_y", "acc_z") else set())


def jump(per_s: float, over_s: float = 1.0) -> Callable[[tuple[int, float], tuple[int, float]], bool]:
    return lambda earlier, later: abs(later[1] - earlier[1]) > per_s * max((later[0] - earlier[0]) / 1000, over_s)


ARTEFACTS: dict[str, Callable[[tuple[int, float], tuple[int, float]], bool]] = {
    "hr": jump(25),
    "gsr": jump(10, 0.25),
    "temp": jump(1),
    "spo2": jump(4),
    "ibi": lambda earlier, later: joined(earlier, later) and abs(later[1] - earlier[1]) > 0.2 * earlier[1],
}


def stuck(signal: Signal) -> set[int]:
    """Positions of one value held for 10 s or more without a gap above 2 s."""
    bad: set[int] = set()
    for begin in range(len(signal)):
        end = begin
        while (
            end + 1 < len(signal)
            and signal[end + 1][1] == signal[begin][1]
            and signal[end + 1][0] - signal[end][0] <= 2_000
        ):
            end += 1
        if signal[end][0] - signal[begin][0] >= 10_000:
            bad |= set(range(begin, end + 1))
    return bad
