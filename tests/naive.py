"""Slow, obvious versions of everything that is computed of a window, one window and one number at a time.

The oracle of the fast path: nothing of `pipelines.signals` is used. A window is a start and a list of
(timestamp_ms, channel name, value) or (timestamp_ms, channel name, value, sensor), as they arrived; a signal is a list
of (ms in the window, value), ascending.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import fmean, median, stdev

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import interp1d
from scipy.signal import welch

from schemas.channels import CHANNELS, SEQUENCE_CHANNELS

Sample = tuple[int, str, float] | tuple[int, str, float, str]
Signal = list[tuple[int, float]]
PLAUSIBLE = {channel.name: channel.plausible for channel in CHANNELS}
NAN = math.nan


def phase(user_id: str, phases: int) -> int:
    """CRC-32, bit by bit: how many ms after multiples of five seconds a user's windows start and end."""
    crc = 0xFFFFFFFF
    for byte in user_id.encode("utf-8"):
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xEDB88320 if crc & 1 else 0)
    return (crc ^ 0xFFFFFFFF) % phases * 5_000 // phases


def windows(samples: Iterable[Sample], phase_ms: int) -> dict[int, list[Sample]]:
    """Window start -> its samples, for every window that holds one: all start that much after a multiple of 5 s."""
    found: dict[int, list[Sample]] = defaultdict(list)
    for sample in samples:
        five_seconds = sample[0] // 5_000
        for start in (number * 5_000 + phase_ms for number in range(five_seconds - 14, five_seconds + 2)):
            if start <= sample[0] < start + 60_000:
                found[start].append(sample)
    return dict(sorted(found.items()))


def measured(start_ms: int, samples: Iterable[Sample]) -> dict[str, dict[str, Signal]]:
    """Per channel and sensor one value per instant, the mean of the distinct values; beats as `beats` has them."""
    seen: dict[str, dict[str, Signal]] = {channel.name: defaultdict(list) for channel in CHANNELS}
    for timestamp_ms, channel, value, *sensor in samples:
        if math.isfinite(value):
            seen[channel][sensor[0] if sensor else ""].append((timestamp_ms - start_ms, value))
    return {
        channel: {sensor: (beats if channel == "ibi" else averaged)(given) for sensor, given in sorted(found.items())}
        for channel, found in seen.items()
    }


def averaged(given: Signal) -> Signal:
    at: dict[int, set[float]] = defaultdict(set)
    for ms, value in given:
        at[ms].add(value)
    return [(ms, fmean(values)) for ms, values in sorted(at.items())]


def beats(given: Signal) -> Signal:
    """By stamp, then as they arrived. Equal ones of a stamp are one, unless arrival is stamped and there was time."""
    ordered = sorted(given, key=lambda beat: beat[0])
    distinct = list(dict.fromkeys(ordered))
    if not on_arrival(distinct):
        return distinct
    result: Signal = []
    stamps = sorted({ms for ms, _ in distinct})
    for earlier, stamp in zip([stamps[0], *stamps], stamps, strict=False):
        mine = [beat for beat in distinct if beat[0] == stamp]
        again = [beat for beat in ordered if beat[0] == stamp]
        for beat in mine:
            again.remove(beat)
        for _, length in again:
            if sum(value for _, value in mine) + length <= stamp - earlier + length / 2:
                mine.append((stamp, length))
        result += mine
    return result


def on_arrival(distinct: Signal) -> bool:
    """Whether intervals overlap, as those of beats cannot: at least two, and a twentieth of all."""
    overlaps = sum(later[0] - later[1] < earlier[0] - 10 for earlier, later in pairwise(distinct))
    return overlaps >= 2 and overlaps >= 0.05 * (len(distinct) - 1)


def signals(start_ms: int, samples: Iterable[Sample]) -> dict[str, Signal]:
    """Per channel the signal of one sensor: that of best coverage, then best quality, then the first by name."""
    found = measured(start_ms, samples)
    result = {}
    for together in DEVICES:
        sensors = sorted({sensor for name in together for sensor in found[name]})
        ranked = sorted(sensors, key=lambda sensor: score(found, together, sensor), reverse=True)
        for name in together:
            result[name] = found[name].get(ranked[0], []) if ranked else []
    return {channel.name: result[channel.name] for channel in CHANNELS}


DEVICES = [("hr",), ("ibi",), ("hrv",), ("gsr",), ("temp",), ("acc_x", "acc_y", "acc_z")]
DEVICES += [("gyro_x", "gyro_y", "gyro_z"), ("spo2",)]


def score(found: dict[str, dict[str, Signal]], together: tuple[str, ...], sensor: str) -> tuple[float, float]:
    covered = good = 0.0
    for name in together:
        signal = found[name].get(sensor, [])
        seconds = len({ms // 1000 for ms, _ in signal})
        covered += min(sum(value for _, value in signal), 60_000) / 1000 if name == "ibi" else seconds
        good += spoken_for(name, signal)
    return covered, good


def features(start_ms: int, samples: Iterable[Sample]) -> dict[str, float]:
    """Every feature by name."""
    given = signals(start_ms, samples)
    found = {name: usable(name, signal) for name, signal in given.items()}
    result = {f"{name}_{key}": value for name, signal in found.items() for key, value in describe(signal).items()}
    acceleration = magnitude(found)
    laid = laid_out(given["ibi"])
    nn = plausible("ibi", corrected(laid)[0])
    result |= hrv_time(found["ibi"], laid, nn) | hrv_frequency(nn)
    result |= eda(found["gsr"]) | motion(acceleration)
    result["spo2_desaturation"] = desaturation([value for _, value in found["spo2"]])
    return result


def laid_out(ibi: Signal) -> Signal:
    """Where stamps are of arrival: beat after beat by the sums of the intervals, back from the last of each run."""
    if not on_arrival(ibi):
        return ibi
    runs: list[Signal] = []
    for stamp in sorted({ms for ms, _ in ibi}):
        mine = [beat for beat in ibi if beat[0] == stamp]
        if runs and abs(stamp - runs[-1][-1][0] - sum(value for _, value in mine)) <= 1.5 * mine[0][1]:
            runs[-1] += mine
        else:
            runs.append(mine)
    result = []
    for run in runs:
        for place, (_, length) in enumerate(run):
            result.append((run[-1][0] - round(sum(value for _, value in run[:place:-1])), length))
    return result


def samples(start_ms: int, samples: Iterable[Sample]) -> int:
    """Values measured, by all sensors."""
    return sum(len(signal) for of_sensor in measured(start_ms, samples).values() for signal in of_sensor.values())


def evidence(start_ms: int, samples: Iterable[Sample]) -> dict[str, float]:
    listed = list(samples)
    found, chosen = measured(start_ms, listed), signals(start_ms, listed)
    pairs = [signal for name in found for signal in found[name].values() if signal]
    used = [name for name in chosen if chosen[name]]
    share = corrected(laid_out(chosen["ibi"]))[2]
    return {"ibi_corrected": share, "unused_sources": float(len(pairs) - len(used))}


def coverage(start_ms: int, samples: Iterable[Sample]) -> dict[str, float]:
    found = signals(start_ms, samples)
    result = {name: len({ms // 1000 for ms, _ in signal}) / 60 for name, signal in found.items()}
    result["ibi"] = min(1.0, sum(value for _, value in found["ibi"]) / 60_000)
    return result


def quality(start_ms: int, samples: Iterable[Sample]) -> dict[str, float]:
    found = signals(start_ms, samples)
    result = {name: spoken_for(name, signal) for name, signal in found.items()}
    laid = laid_out(found["ibi"])
    good = [beat for index, beat in enumerate(laid) if index not in faulty("ibi", laid)]
    lonely = [not joined(one, two) for one, two in pairwise(good)]
    covered = sum(
        length
        for (_, length), before, after in zip(good, [True, *lonely], [*lonely, True], strict=bool(good))
        if not (before and after)
    )
    share = corrected(laid)[2]
    result["ibi"] = min(1.0, covered / 60_000) * (1 - (0 if math.isnan(share) else share))
    return result


def spoken_for(name: str, signal: Signal) -> float:
    """Share of the seconds that are good, or empty and at most four behind a good one."""
    spoilt = {signal[index][0] // 1000 for index in faulty(name, signal)}
    seconds = {ms // 1000 for ms, _ in signal}
    good = 0
    for second in range(60):
        latest = max((each for each in seconds if second - 5 < each <= second), default=None)
        good += latest is not None and latest not in spoilt
    return good / 60


def sequence(start_ms: int, samples: Iterable[Sample]) -> NDArray[np.float32]:
    """(60, channels): mean per second."""
    found = {name: usable(name, signal) for name, signal in signals(start_ms, samples).items()}
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


def hrv_time(ibi: Signal, given: Signal, nn: Signal) -> dict[str, float]:
    values = [value for _, value in nn]
    steps = [later[1] - earlier[1] for earlier, later in pairwise(nn) if joined(earlier, later)]
    return {
        "hrv_mean_nn": fmean(values) if values else NAN,
        "hrv_sdnn": stdev(values) if len(values) > 1 else NAN,
        "hrv_rmssd": math.sqrt(fmean(step**2 for step in steps)) if steps else NAN,
        "hrv_pnn50": 100 * sum(abs(step) > 50 for step in steps) / (len(steps) + 1) if steps else NAN,
        "hrv_beats": float(len(ibi)) if given else NAN,
    }


def runs(ibi: Signal) -> list[Signal]:
    """Cut wherever one interval does not begin where the one before it ends."""
    found: list[Signal] = []
    for beat in ibi:
        if found and joined(found[-1][-1], beat):
            found[-1].append(beat)
        else:
            found.append([beat])
    return found


def longest_run(nn: Signal) -> Signal:
    return max(runs(nn), key=lambda run: run[-1][0] - run[0][0], default=[])


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


def usable(name: str, signal: Signal) -> Signal:
    """Plausible samples; of skin conductance those with contact."""
    if name == "gsr":
        return [sample for sample, lost in zip(signal, contact_lost(signal), strict=True) if not lost]
    return plausible(name, signal)


def faulty(name: str, signal: Signal) -> set[int]:
    """Positions of samples that are not plausible or show an artefact."""
    low, high = PLAUSIBLE[name]
    bad = {index for index, (_, value) in enumerate(signal) if not low <= value <= high}
    plausible_at = [index for index in range(len(signal)) if index not in bad]
    for before, index in pairwise(plausible_at):
        if ARTEFACTS.get(name, lambda *_: False)(signal[before], signal[index]):
            bad.add(index)
    if name == "gsr":
        bad |= {index for index, lost in enumerate(contact_lost(signal)) if lost}
    return bad | (stuck(signal, FLAT_S[name]) if name in FLAT_S else set())


FLAT_S = {"hr": 25, "ibi": 25, "hrv": 55, "gsr": 10, "acc_x": 10, "acc_y": 10, "acc_z": 10}


def jump(per_s: float, over_s: float = 1.0) -> Callable[[tuple[int, float], tuple[int, float]], bool]:
    return lambda earlier, later: abs(later[1] - earlier[1]) > per_s * max((later[0] - earlier[0]) / 1000, over_s)


ARTEFACTS: dict[str, Callable[[tuple[int, float], tuple[int, float]], bool]] = {
    "hr": jump(25),
    "temp": jump(1),
    "spo2": jump(4),
}


def stuck(signal: Signal, flat_s: int) -> set[int]:
    """Positions of one value held for so long without a gap above 2 s."""
    bad: set[int] = set()
    for begin in range(len(signal)):
        end = begin
        while (
            end + 1 < len(signal)
            and signal[end + 1][1] == signal[begin][1]
            and signal[end + 1][0] - signal[end][0] <= 2_000
        ):
            end += 1
        if signal[end][0] - signal[begin][0] >= 1000 * flat_s:
            bad |= set(range(begin, end + 1))
    return bad


@dataclass
class Beat:
    """A beat, the interval that it ends, and what is known of its place."""

    ibi_ms: float
    stamp_ms: float
    place: str = "measured"
    kind: str = "normal"
    parts: int = 1


def corrected(ibi: Signal) -> tuple[Signal, float, float]:
    """Intervals without artefacts, how many beats that took, and which share of all."""
    found: Signal = []
    mended = taken = 0
    for run in runs(ibi):
        kept, changed, out = corrected_run(run) if len(run) >= 11 else (run, 0, 0)
        found, mended, taken = found + kept, mended + changed, taken + out
    return (found, mended, mended / (len(found) + taken)) if ibi else (found, NAN, NAN)


def corrected_run(run: Signal) -> tuple[Signal, int, int]:
    beats = [Beat(NAN, run[0][0] - run[0][1])] + [Beat(ibi_ms, ms) for ms, ibi_ms in run]
    classify(beats)
    artefacts, before, taken = number_of_artefacts(beats), math.inf, 0
    if not artefacts:
        return run, 0, 0
    for _ in range(10):
        if not 0 < artefacts < before:
            break
        taken += sum(beat.kind == "extra" and beat.place != "added" for beat in beats)
        beats = add_missed(leave_out_extra(beats))
        for kind in ("ectopic", "misplaced"):
            move(beats, kind)
        classify(beats)
        artefacts, before = number_of_artefacts(beats), artefacts
    if beats[1].kind != "normal":
        beats, taken = beats[1:], taken + 1
    if beats[-1].kind != "normal":
        beats, taken = beats[:-1], taken + 1
    kept = [(ms, beat) for ms, beat in zip(whole_stamps(beats), beats[1:], strict=True) if ms >= 0]
    changed = sum(beat.place != "measured" for _, beat in kept)
    return [(ms, beat.ibi_ms) for ms, beat in kept], changed + taken, taken


def number_of_artefacts(beats: list[Beat]) -> int:
    return sum(beat.kind != "normal" for beat in beats)


def classify(beats: list[Beat]) -> None:
    """Figure 1 of Lipponen and Tarvainen 2019; two median intervals follow the last beat."""
    last = len(beats) - 1
    length = [fmean(beat.ibi_ms for beat in beats[1:])] + [beat.ibi_ms for beat in beats[1:]]
    usual = quantiles_around(length, 5, 0.5)
    step = [later - earlier for earlier, later in pairwise(length)]
    step = [fmean(step), *step]
    off = [(x - m) * (2 if x < m else 1) for x, m in zip(length, usual, strict=True)]
    step_bound, bound = thresholds(step), thresholds(off)
    length, usual = length + [usual[last]] * 2, usual + [usual[last]] * 2
    step = [x / b for x, b in zip([*step, usual[last] - length[last]], [*step_bound, step_bound[last]], strict=True)]
    step.append(0.0)
    for beat in beats:
        beat.kind, beat.parts = "normal", 1

    def judge(at: int) -> None:
        after = (step[at + 1], step[at + 2])
        is_long = step[at] > 1 and min(after) < -1
        is_short = step[at] < -1 and max(after) > 1
        if not is_long and not is_short and abs(off[at] / bound[at]) <= 3:
            return
        beats[at].kind = "misplaced"
        if is_short and abs(length[at] + length[at + 1] - usual[at]) < bound[at]:
            beats[at].kind = "extra"
        for parts in (2, round(length[at] / usual[at])):
            if is_long and parts >= 2 and abs(length[at] / parts - usual[at]) < bound[at]:
                beats[at].kind, beats[at].parts = "missed", parts
                break

    at = 0
    while at <= last:
        beside = (step[at - 1] if at else step[1], step[at + 1])
        down, up = max(beside) < -0.13 * step[at] - 0.17, min(beside) > -0.13 * step[at] + 0.17
        if (step[at] > 1 and down) or (step[at] < -1 and up):
            beats[at].kind = "ectopic"
        elif abs(step[at]) > 1:
            judge(at)
            if at < last and abs(step[at + 1]) < abs(step[at + 2]):
                at += 1
                judge(at)
        at += 1


def thresholds(deviation: list[float]) -> list[float]:
    absolute = [abs(value) for value in deviation]
    quartiles = zip(quantiles_around(absolute, 45, 0.25), quantiles_around(absolute, 45, 0.75), strict=True)
    return [max(10, 5.2 * ((upper - lower or 1000 / 64) / 2), 1.5 * upper) for lower, upper in quartiles]


def quantiles_around(values: list[float], half: int, share: float) -> list[float]:
    return [quantile(values[max(0, at - half) : at + half + 1], share) for at in range(len(values))]


def quantile(values: list[float], share: float) -> float:
    ordered, place = sorted(values), share * (len(values) - 1)
    low = int(place)
    return ordered[low] + (ordered[min(low + 1, len(values) - 1)] - ordered[low]) * (place - low)


def leave_out_extra(beats: list[Beat]) -> list[Beat]:
    kept, since_ms = [], 0.0
    for beat in beats:
        since_ms += beat.ibi_ms
        if beat.kind != "extra":
            kept.append(replace(beat, ibi_ms=since_ms))
            since_ms = 0.0
    return kept


def add_missed(beats: list[Beat]) -> list[Beat]:
    found = beats[:1]
    for beat in beats[1:]:
        if beat.kind == "missed":
            step_ms = beat.ibi_ms / beat.parts
            for left in range(beat.parts - 1, 0, -1):
                found.append(Beat(step_ms, beat.stamp_ms - left * step_ms, "added"))
            beat = replace(beat, ibi_ms=step_ms, kind="normal")
        found.append(beat)
    return found


def move(beats: list[Beat], kind: str) -> None:
    """Each such beat to the middle between where its neighbours were; not the first two, nor the last."""
    shifts = {
        at: (beats[at + 1].ibi_ms - beats[at].ibi_ms) / 2
        for at in range(2, len(beats) - 1)
        if beats[at].kind == kind and beats[at + 1].ibi_ms != beats[at].ibi_ms
    }
    for at in range(2, len(beats)):
        beats[at].ibi_ms += shifts.get(at, 0.0) - shifts.get(at - 1, 0.0)
    for at, shift_ms in shifts.items():
        beats[at].stamp_ms += shift_ms
        beats[at].place = "added" if beats[at].place == "added" else "moved"


def whole_stamps(beats: list[Beat]) -> list[int]:
    """Of all beats but the first, from the last on: its own stamp, or where the next interval begins."""
    found = [round(beats[-1].stamp_ms)]
    for beat, following in zip(beats[-2:0:-1], beats[:1:-1], strict=True):
        own = round(beat.stamp_ms)
        near = abs(found[-1] - own - following.ibi_ms) <= 10
        found.append(own if near else round(found[-1] - following.ibi_ms))
    return found[::-1]


def contact_lost(gsr: Signal) -> list[bool]:
    """Of each sample whether one within 5 s of it is out of range or on a side of a jump."""
    bad_ms = {ms for ms, value in gsr if not 0.05 <= value <= 60}
    for at, (late_ms, late) in enumerate(gsr):
        for before, (early_ms, early) in enumerate(gsr[:at], start=1):
            compared = before == at or late_ms - early_ms <= 250
            if compared and abs(late - early) > 10 * max(late_ms - early_ms, 250) / 1000:
                bad_ms |= {early_ms, late_ms}
    return [any(abs(ms - at) <= 5_000 for at in bad_ms) for ms, _ in gsr]
