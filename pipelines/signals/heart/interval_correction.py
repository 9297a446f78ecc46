"""Artefacts among inter-beat intervals, found and mended: beats missed, beats too many, beats out of place.

The method is that of Lipponen and Tarvainen 2019, doi:10.1080/03091902.2019.1640306, as NeuroKit2 has it
(`signal_fixpeaks(method="Kubios")`; Makowski et al. 2021, doi:10.3758/s13428-020-01516-y). A beat is judged by how
its interval differs from the one before it and from the median of those around it, both in units of what is usual
among the 91 beats around it. What it judges is a run: intervals that join without a gap.

Here beat `at` of a run ends interval `at`; beat 0 begins the run, and its interval is not known.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from pipelines.signals.heart.intervals import TOLERANCE_MS, joins
from pipelines.signals.series.compiled import compiled
from pipelines.signals.series.segments import Floats, Ints, Series

MIN_INTERVALS: Final = 11
"""A shorter run is left as it is: the median that its intervals are measured by is one of eleven."""

MEDIAN_HALF: Final = 5
QUARTILES_HALF: Final = 45
"""How many beats the median and the quartiles reach to either side."""

ALPHA: Final = 5.2
C1: Final = 0.13
C2: Final = 0.17
FAR: Final = 3.0
MIN_THRESHOLD_MS: Final = float(TOLERANCE_MS)
"""Stamps are no more exact than this, so a smaller deviation is no artefact."""

CLOCK_MS: Final = 1000 / 64
"""The step of the coarsest clock in use. Quartiles that coincide lie within one step of the sensor's clock."""

OVER_UPPER: Final = 1.5
"""How far a threshold lies above the upper quartile, at least. Breathing once every four beats makes all steps alike,
so that their quartiles say nothing of how large they are; and a quarter of the beats cannot be artefacts."""

MAX_PASSES: Final = 10
"""NeuroKit2 goes on while artefacts become fewer. That takes two or three passes; the bound is for hostile input."""

_NORMAL: Final = 0
_EXTRA: Final = 1
_MISSED: Final = 2
_ECTOPIC: Final = 3
_MISPLACED: Final = 4
"""What a beat can be. Before a missed one's, beats are lacking. Misplaced is what the paper calls long or short."""

_MEASURED: Final = 0
_MOVED: Final = 1
_ADDED: Final = 2
"""Where the place of a beat comes from."""

Beats = tuple[Floats, Floats, Ints]
"""Of each beat of a run its interval (ms), its stamp (ms), and where that comes from."""


@dataclass(frozen=True)
class Corrected:
    """Intervals without artefacts, and how much was mended; both figures NaN in a window without intervals."""

    ibi: Series
    """The intervals (ms), stamped at their second beats."""
    beats: Floats
    """(windows,): beats added, taken out or moved."""
    share: Floats
    """(windows,): those of all beats, taken out ones included; 0 to 1."""


def corrected(ibi: Series) -> Corrected:
    """Intervals (ms) as they would be had each beat been found in its place.

    Where a beat was missed, its interval is cut into equal ones; a beat too many is taken out, which makes two
    intervals one; an ectopic or misplaced beat moves to the middle of its neighbours. A run keeps its last beat, and
    every beat that is not moved its stamp, but for what it takes that the intervals still join. Windows without an
    artefact come back as they are, and so do runs of fewer than 11 intervals. Give it all intervals, not the plausible
    ones alone: without the short ones that a false beat makes, there would be a gap.

    Equal to NeuroKit2 but for this. It does not judge the last two beats: here two median intervals stand in for what
    follows. It leaves artefacts at the ends: here a beat missed in the first interval is put back, and a first or last
    interval that stays an artefact is left out. It puts back one beat where several were missed in a row: here all.
    Its thresholds may be 0 or next to it: here none is below what clocks and breathing make of a sound series
    (`MIN_THRESHOLD_MS`, `CLOCK_MS`, `OVER_UPPER`).

    >>> lengths_ms = np.full(30, 800.0) + np.arange(30) % 3 * 10
    >>> lengths_ms[12] = 1_610.0
    >>> found = corrected(Series(np.cumsum(lengths_ms).astype(np.int64), lengths_ms, np.array([0, 30])))
    >>> found.ibi.value[10:15].tolist(), found.beats.item(), round(found.share.item(), 3)
    ([810.0, 820.0, 805.0, 805.0, 810.0], 1.0, 0.032)
    """
    time_ms, value, offsets, figures = _corrected(ibi.time_ms, ibi.value, ibi.offsets)
    return Corrected(Series(time_ms, value, offsets), figures[0], figures[1])


@compiled
def _corrected(time_ms: Ints, value: Floats, offsets: Ints) -> tuple[Ints, Floats, Ints, Floats]:
    made_ms, made, ends = np.empty_like(time_ms), np.empty_like(value), np.zeros_like(offsets)
    figures = np.full((2, len(offsets) - 1), np.nan)
    end = 0
    for window in range(len(offsets) - 1):
        begin, last = offsets[window], offsets[window + 1]
        mended, taken = 0, 0
        for at in range(begin + 1, last + 1):
            if at == last or not joins(time_ms, value, at):
                run_ms, run, by, out = _run(time_ms[begin:at], value[begin:at])
                if end + len(run) > len(made):
                    made_ms, made = _longer(made_ms, made, end + len(run))
                for beat in range(len(run)):
                    made_ms[end + beat], made[end + beat] = run_ms[beat], run[beat]
                end += len(run)
                mended += by
                taken += out
                begin = at
        ends[window + 1] = end
        if last > offsets[window]:
            figures[0, window] = mended
            figures[1, window] = mended / (end - ends[window] + taken)
    return made_ms[:end], made[:end], ends, figures


@compiled
def _longer(time_ms: Ints, value: Floats, needed: int) -> tuple[Ints, Floats]:
    """The same with twice the room that is needed now."""
    more_ms, more = np.empty(2 * needed, dtype=np.int64), np.empty(2 * needed)
    for at in range(len(value)):
        more_ms[at], more[at] = time_ms[at], value[at]
    return more_ms, more


@compiled
def _run(time_ms: Ints, value: Floats) -> tuple[Ints, Floats, int, int]:
    """A run mended: stamps, intervals, how many beats that took, and how many of them were taken out."""
    if len(value) < MIN_INTERVALS:
        return time_ms, value, 0, 0
    ibi_ms, stamp_ms, origin = _begun(time_ms, value)
    kind, parts = _judged(ibi_ms)
    artefacts, before, passes, taken = _number(kind), len(kind) + 1, 0, 0
    if artefacts == 0:
        return time_ms, value, 0, 0
    while 0 < artefacts < before and passes < MAX_PASSES:
        for at in range(len(kind)):
            taken += kind[at] == _EXTRA and origin[at] != _ADDED
        (ibi_ms, stamp_ms, origin), kind = _counted_right((ibi_ms, stamp_ms, origin), kind, parts)
        _put_in_the_middle((ibi_ms, stamp_ms, origin), kind, _ECTOPIC)
        _put_in_the_middle((ibi_ms, stamp_ms, origin), kind, _MISPLACED)
        kind, parts = _judged(ibi_ms)
        before, artefacts, passes = artefacts, _number(kind), passes + 1
    first, last = 1 + (kind[1] != _NORMAL), len(kind) - (kind[-1] != _NORMAL)
    taken += (first - 1) + (len(kind) - last)
    moment_ms = _stamps(stamp_ms[:last], ibi_ms[:last])
    while first < last and moment_ms[first] < 0:
        first += 1
    return moment_ms[first:], ibi_ms[first:last], _number(origin[first:last]) + taken, taken


@compiled
def _number(marks: Ints) -> int:
    """How many are not 0: artefacts among kinds, beats put somewhere else among origins."""
    found = 0
    for mark in marks:
        found += mark != 0
    return found


@compiled
def _begun(time_ms: Ints, value: Floats) -> Beats:
    """A run's intervals and stamps with the beat in front that begins it."""
    ibi_ms, stamp_ms = np.zeros(len(value) + 1), np.empty(len(value) + 1)
    stamp_ms[0] = time_ms[0] - value[0]
    for at in range(len(value)):
        ibi_ms[at + 1], stamp_ms[at + 1] = value[at], time_ms[at]
    return ibi_ms, stamp_ms, np.zeros(len(ibi_ms), dtype=np.int64)


@compiled
def _judged(ibi_ms: Floats) -> tuple[Ints, Ints]:
    """What each beat is, and for a missed one how many intervals its own is."""
    count = len(ibi_ms)
    kind, parts = np.zeros(count, dtype=np.int64), np.ones(count, dtype=np.int64)
    length, usual = _lengths(ibi_ms)
    step, off = np.zeros(count + 2), np.empty(count)
    for at in range(1, count + 1):
        step[at] = length[at] - length[at - 1]
    step[0] = (length[count - 1] - length[0]) / (count - 1)
    for at in range(count):
        off[at] = (length[at] - usual[at]) * (2 if length[at] < usual[at] else 1)
    bound_of_step, bound = _thresholds(step[:count]), _thresholds(off)
    for at in range(count + 1):
        step[at] /= bound_of_step[min(at, count - 1)]
    at = 0
    while at < count:
        if abs(step[at]) <= 1:
            at += 1
        elif _is_ectopic(step[abs(at - 1)], step[at], step[at + 1]):
            kind[at] = _ECTOPIC
            at += 1
        else:
            both = at + 1 < count and abs(step[at + 1]) < abs(step[at + 2])
            for beat in range(at, at + 1 + both):
                around = (length[beat], length[beat + 1], usual[beat], bound[beat])
                kind[beat], parts[beat] = _alone(around, step[beat : beat + 3], off[beat] / bound[beat])
            at += 1 + both
    parts[0] = 1  # In front of the first beat no interval is known.
    return kind, parts


@compiled
def _lengths(ibi_ms: Floats) -> tuple[Floats, Floats]:
    """Intervals and their medians; the mean stands for the first, and behind the last comes the last median."""
    count = len(ibi_ms)
    length, total_ms = np.empty(count + 1), 0.0
    for at in range(1, count):
        length[at] = ibi_ms[at]
        total_ms += ibi_ms[at]
    length[0] = total_ms / (count - 1)
    usual = _around(length[:count], MEDIAN_HALF, (0.5,))[0]
    length[count] = usual[-1]
    return length, usual


@compiled
def _thresholds(deviation: Floats) -> Floats:
    """For each beat the greatest usual deviation, from the quartiles of those around it."""
    quartiles = _around(np.abs(deviation), QUARTILES_HALF, (0.25, 0.75))
    found = np.empty(len(deviation))
    for at in range(len(found)):
        lower, upper = quartiles[0, at], quartiles[1, at]
        spread = upper - lower if upper > lower else CLOCK_MS
        found[at] = max(ALPHA * (spread / 2), OVER_UPPER * upper, MIN_THRESHOLD_MS)
    return found


@compiled
def _is_ectopic(before: float, step: float, after: float) -> bool:
    """Whether a step is opposed by those on both sides of it."""
    opposed: bool = max(before, after) < -C1 * step - C2 if step > 0 else min(before, after) > -C1 * step + C2
    return opposed


@compiled
def _alone(around: tuple[float, float, float, float], step: Floats, off: float) -> tuple[int, int]:
    """What a beat is that is not ectopic, and how many intervals its own is.

    `around`: its interval, the next, the usual one and the threshold of differences from that; `step` its own and the
    next two.
    """
    length, following, usual, bound = around
    long = step[0] > 1 and min(step[1], step[2]) < -1
    short = step[0] < -1 and max(step[1], step[2]) > 1
    if not (long or short or abs(off) > FAR):
        return _NORMAL, 1
    if short and abs(length + following - usual) < bound:
        return _EXTRA, 1
    if long:
        for parts in (2, int(np.rint(length / usual))):
            if parts >= 2 and abs(length / parts - usual) < bound:
                return _MISSED, parts
    return _MISPLACED, 1


@compiled
def _counted_right(beats: Beats, kind: Ints, parts: Ints) -> tuple[Beats, Ints]:
    """The beats without the extra ones and with those that were missed; and what each of them is."""
    ibi_ms, stamp_ms, origin = beats
    count = 0
    for at in range(len(kind)):
        count += 0 if kind[at] == _EXTRA else parts[at]
    new_ms, new_stamp_ms = np.empty(count), np.empty(count)
    new_origin, new_kind = np.full(count, _ADDED), np.zeros(count, dtype=np.int64)
    end, since_ms = 0, 0.0
    for at in range(len(kind)):
        since_ms += ibi_ms[at]
        if kind[at] == _EXTRA:
            continue
        length_ms = since_ms / parts[at]
        for left in range(parts[at] - 1, -1, -1):
            new_ms[end], new_stamp_ms[end] = length_ms, stamp_ms[at] - left * length_ms
            end += 1
        new_origin[end - 1], since_ms = origin[at], 0.0
        if kind[at] != _MISSED:
            new_kind[end - 1] = kind[at]
    return (new_ms, new_stamp_ms, new_origin), new_kind


@compiled
def _put_in_the_middle(beats: Beats, kind: Ints, which: int) -> None:
    """Moves the beats of a kind to the middle between where their neighbours were; not the first two, nor the last."""
    ibi_ms, stamp_ms, origin = beats
    before_ms = 0.0
    for at in range(2, len(ibi_ms)):
        shift_ms = 0.0
        if kind[at] == which and at + 1 < len(ibi_ms):
            shift_ms = (ibi_ms[at + 1] - ibi_ms[at]) / 2
        ibi_ms[at] += shift_ms - before_ms
        stamp_ms[at] += shift_ms
        if shift_ms != 0 and origin[at] == _MEASURED:
            origin[at] = _MOVED
        before_ms = shift_ms


@compiled
def _stamps(stamp_ms: Floats, ibi_ms: Floats) -> Ints:
    """Whole milliseconds such that each interval joins the one before it; the last beat stays."""
    found = np.rint(stamp_ms).astype(np.int64)
    for at in range(len(found) - 2, 0, -1):
        if abs((found[at + 1] - found[at]) - ibi_ms[at + 1]) > TOLERANCE_MS:
            found[at] = int(np.rint(found[at + 1] - ibi_ms[at + 1]))
    return found


@compiled
def _around(value: Floats, half: int, shares: tuple[float, ...]) -> Floats:
    """Quantiles of the up to 2 `half` + 1 values around each, (shares, values), linear between two values."""
    found = np.empty((len(shares), len(value)))
    ordered = np.empty(2 * half + 1)
    count = 0
    for at in range(-half, len(value)):
        comes, goes = at + half < len(value), at - half > 0
        if comes and goes:
            _exchange(ordered[:count], value[at - half - 1], value[at + half])
        elif comes:
            count = _with(ordered, count, value[at + half])
        elif goes:
            count = _without(ordered, count, value[at - half - 1])
        if at >= 0:
            for row in range(len(shares)):
                place = shares[row] * (count - 1)
                low = int(place)
                found[row, at] = ordered[low] + (ordered[min(low + 1, count - 1)] - ordered[low]) * (place - low)
    return found


@compiled
def _exchange(ordered: Floats, old: float, new: float) -> None:
    """One value for another: only those between their places move."""
    place, last = _place(ordered, old), len(ordered) - 1
    while place < last and ordered[place + 1] < new:
        ordered[place] = ordered[place + 1]
        place += 1
    while place > 0 and ordered[place - 1] > new:
        ordered[place] = ordered[place - 1]
        place -= 1
    ordered[place] = new


@compiled
def _place(ordered: Floats, value: float) -> int:
    """Where the first of the values stands that are not below this one."""
    low, high = 0, len(ordered)
    while low < high:
        middle = (low + high) // 2
        if ordered[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def _with(ordered: Floats, count: int, value: float) -> int:
    place = count
    while place > 0 and ordered[place - 1] > value:
        ordered[place] = ordered[place - 1]
        place -= 1
    ordered[place] = value
    return count + 1


@compiled
def _without(ordered: Floats, count: int, value: float) -> int:
    for later in range(_place(ordered[:count], value) + 1, count):
        ordered[later - 1] = ordered[later]
    return count - 1
