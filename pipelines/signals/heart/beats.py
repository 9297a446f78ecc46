"""Inter-beat intervals as devices stamp them: each at its own beat, or several at the arrival of a notification.

A chest strap sends the intervals of a second in one notification. Whoever stamps them on arrival gives several the
same stamp, and others one that is late by up to a notification. What tells such stamps apart is that intervals overlap:
one begins before the beat ahead of it, which no heart does. In 56,913 intervals of 53 recordings that a wrist device
stamped at the beat, not one overlaps.
"""

from typing import Final

import numpy as np

from pipelines.signals.heart.intervals import TOLERANCE_MS, joins
from pipelines.signals.series.compiled import compiled
from pipelines.signals.series.segments import Floats, Ints, Series
from schemas.windows import WINDOW_MS

FEWEST_OVERLAPS: Final = 2
LEAST_OVERLAPPING: Final = 0.05
"""Of all neighbours. One overlap alone may be a false beat."""

LATE_SHARE: Final = 1.5
"""How far, as a share of its own length, an interval stamped on arrival may lie from where the beat before it ends."""

COPY_SHARE: Final = 0.5
"""How much of a further equal interval may lie before the stamp ahead of it."""


@compiled
def settled(time_ms: Ints, value: Floats) -> int:
    """One window's intervals, by ascending stamps and those of one stamp as they arrived; how many remain, in front.

    Written in place. What came again is left out: an interval equal to another of its stamp is the same one, sent
    twice. Where stamps are of arrival, it is a beat of its own if there was time for it since the stamp before. So of
    single intervals that are stamped on arrival and sent twice some count twice; of lists, which say the place of each
    beat, none does.
    """
    count = _distinct(time_ms, value)
    if count == len(value) or not on_arrival(time_ms[:count], value[:count]):
        return count
    return _with_copies(time_ms, value, count)


@compiled
def on_arrival(time_ms: Ints, value: Floats) -> bool:
    """Whether one window's intervals, none repeated, are stamped when they arrived."""
    overlaps = 0
    for at in range(1, len(value)):
        overlaps += time_ms[at] - time_ms[at - 1] < value[at] - TOLERANCE_MS
    return overlaps >= FEWEST_OVERLAPS and overlaps >= LEAST_OVERLAPPING * (len(value) - 1)


@compiled
def _distinct(time_ms: Ints, value: Floats) -> int:
    """Moves the first of all equal intervals of each stamp to the front, and what came again, in order, behind them."""
    count, again = 0, 0
    more_ms, more = np.empty_like(time_ms), np.empty_like(value)
    for at in range(len(value)):
        before = count
        while before > 0 and time_ms[before - 1] == time_ms[at] and value[before - 1] != value[at]:
            before -= 1
        if before > 0 and time_ms[before - 1] == time_ms[at]:
            more_ms[again], more[again] = time_ms[at], value[at]
            again += 1
        else:
            time_ms[count], value[count] = time_ms[at], value[at]
            count += 1
    time_ms[count:], value[count:] = more_ms[:again], more[:again]
    return count


@compiled
def _with_copies(time_ms: Ints, value: Floats, count: int) -> int:
    """Equal intervals given their place again, stamp by stamp, where there was time for them."""
    given_ms, given = time_ms.copy(), value.copy()
    end, copy = 0, count
    first = 0
    while first < count:
        last, length_ms = first, 0.0
        while last < count and given_ms[last] == given_ms[first]:
            length_ms += given[last]
            time_ms[end], value[end] = given_ms[last], given[last]
            last, end = last + 1, end + 1
        while copy < len(given) and given_ms[copy] <= given_ms[first]:
            room_ms = given_ms[first] - given_ms[first - 1] if first > 0 else 0
            if length_ms + given[copy] <= room_ms + COPY_SHARE * given[copy]:
                length_ms += given[copy]
                time_ms[end], value[end] = given_ms[copy], given[copy]
                end += 1
            copy += 1
        first = last
    return end


def laid_out(ibi: Series) -> Series:
    """The same intervals, each stamped at its second beat, so that successive ones join (`intervals.successive`).

    `ibi` (ms) as `canonical_series` gives it. Windows whose stamps are of the beats stay as they are. Where stamps are
    of arrival, those of one stamp follow each other, and the one before them unless the time since its stamp differs
    from their sum by more than 1.5 intervals; the last of such a run ends at its stamp, the others by the sums of the
    intervals. So a run may begin before the window does.
    A notification's last interval ends at its arrival: Bluetooth SIG, Heart Rate Service 1.0, section 3.1.

    >>> stamp_ms, length_ms = np.array([1000, 2000, 2000, 3000, 3000]), np.array([900.0, 480.0, 500.0, 490.0, 510.0])
    >>> laid_out(Series(stamp_ms, length_ms, np.array([0, 5]))).time_ms.tolist()
    [1020, 1500, 2000, 2490, 3000]
    """
    return Series(_laid_out(ibi.time_ms, ibi.value, ibi.offsets), ibi.value, ibi.offsets)


@compiled
def _laid_out(time_ms: Ints, value: Floats, offsets: Ints) -> Ints:
    placed_ms = time_ms.copy()
    for window in range(len(offsets) - 1):
        first, end = offsets[window], offsets[window + 1]
        if not on_arrival(time_ms[first:end], value[first:end]):
            continue
        last = end - 1
        while last >= first:
            begin = last
            while begin > first and _follows(time_ms, value, begin, end):
                begin -= 1
            later_ms = 0.0
            for at in range(last, begin - 1, -1):
                placed_ms[at] = time_ms[last] - round(later_ms)
                later_ms += value[at]
            last = begin - 1
    return placed_ms


@compiled
def _follows(time_ms: Ints, value: Floats, at: int, end: int) -> bool:
    """Whether all that arrived with interval `at`, from it on, fills the time since the arrival before."""
    since_ms = time_ms[at] - time_ms[at - 1]
    if since_ms == 0:
        return True
    length_ms, last = 0.0, at
    while last < end and time_ms[last] == time_ms[at]:
        length_ms += value[last]
        last += 1
    near: bool = abs(since_ms - length_ms) <= LATE_SHARE * value[at]
    return near


def joined_coverage(ibi: Series) -> Floats:
    """Share of the window that intervals cover which join a neighbour, 0 to 1; float64 (windows,).

    `ibi` as `laid_out` gives it.

    >>> beats = Series(np.array([900, 1800, 9000]), np.array([900.0, 900.0, 900.0]), np.array([0, 3]))
    >>> joined_coverage(beats).item()
    0.03
    """
    return np.minimum(_joined_ms(ibi.time_ms, ibi.value, ibi.offsets) / WINDOW_MS, 1.0)


@compiled
def _joined_ms(time_ms: Ints, value: Floats, offsets: Ints) -> Floats:
    found = np.zeros(len(offsets) - 1)
    for window in range(len(offsets) - 1):
        for at in range(offsets[window], offsets[window + 1]):
            before = at > offsets[window] and joins(time_ms, value, at)
            after = at + 1 < offsets[window + 1] and joins(time_ms, value, at + 1)
            if before or after:
                found[window] += value[at]
    return found
