"""Packed samples in any order, with repetitions, of any sensors -> one series per channel, of one sensor each."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.signals.heart.beats import settled
from pipelines.signals.quality import good_share, limits_of, seconds_held
from pipelines.signals.series.compiled import compiled
from pipelines.signals.series.samples import CHANNEL_SLOTS, INSTANT_SLOTS, SOURCE_SLOTS
from pipelines.signals.series.segments import Bools, Floats, Ints, Series
from schemas.channels import CHANNEL_INDEX, CHANNEL_NAMES, CHANNELS
from schemas.windows import WINDOW_MS

MAX_WINDOWS: Final = 4096
"""Windows per call: bounds memory."""

_CHANNELS: Final = len(CHANNEL_NAMES)
_CHANNEL_BITS: Final = CHANNEL_SLOTS.bit_length() - 1
_INSTANT_BITS: Final = INSTANT_SLOTS.bit_length() - 1
_BEATS: Final = CHANNEL_INDEX["ibi"]
_LIMITS: Final = limits_of(CHANNELS)
_FIRST_OF_DEVICE: Final = np.array(
    [next(n for n, one in enumerate(CHANNELS) if one is each or one.device == each.device != "") for each in CHANNELS]
)
"""Of each channel the first one that only makes sense from the same sensor, itself where there is none."""


@dataclass(frozen=True)
class Canonical:
    """What n windows measured."""

    series: Series
    """The twelve channels as 12 n windows: n of the first of `CHANNELS`, then n of the next, and so on."""
    unused_sources: Ints
    """(n,): sensors left out, each for a channel that another one gave better."""
    samples: Ints
    """(n,): values measured by all sensors; the same one sent twice counts once."""


def canonical_series(window_start_ms: Ints, samples: NDArray[np.void], offsets: Ints) -> Canonical:
    """Each channel from one sensor, in ascending times, nothing twice.

    `window_start_ms` int64 (n,), at most `MAX_WINDOWS`; `samples` array of `SAMPLE`; window i has
    `samples[offsets[i]:offsets[i + 1]]`. Identical samples count once; differing values of one channel at one instant
    become the mean of the distinct values, but for beats, which are all kept, in the order given (`beats.settled`);
    values that are not finite are no samples. Where several sensors give a channel, the one counts that covers most of
    the window, then the one of better quality, then the first by name; channels of one device, such as axes, come from
    one sensor together.
    Raises ValueError for offsets that do not fit, and for a sample outside its window or of no known channel.

    >>> from pipelines.signals.series.samples import pack
    >>> unsorted = pack(np.array([3_000, 1_000, 1_000, 1_000]), np.zeros(4, int), np.array([70.0, 60.0, 64.0, 64.0]))
    >>> hr = canonical_series(np.array([0]), unsorted, np.array([0, 4])).series.parts(12)[0]
    >>> hr.time_ms.tolist(), hr.value.tolist()
    ([1000, 3000], [62.0, 70.0])
    """
    check_offsets(window_start_ms, samples, offsets)
    first_key, key, value = window_start_ms * INSTANT_SLOTS, samples["key"], samples["value"]
    bounds, stray = _counted(first_key, key, value, offsets)
    if stray >= 0:
        raise ValueError(_stray(int(key[stray])))
    time_ms, value, source = _scattered(first_key, key, value, offsets, bounds)
    unused, left_out = np.zeros((2, len(window_start_ms)), dtype=np.int64)
    kept = _of_one_source(time_ms, value, source, bounds, _FIRST_OF_DEVICE, _LIMITS, unused, left_out)
    series = Series(*_canonical(time_ms, value, bounds, kept))
    return Canonical(series, unused, left_out + series.count.reshape(_CHANNELS, -1).sum(axis=0))


def check_offsets(window_start_ms: Ints, samples: NDArray[np.void], offsets: Ints) -> None:
    """Raises ValueError unless `offsets` gives each window its part of the samples.

    >>> check_offsets(np.array([0]), np.empty(0), np.array([0, 1]))
    Traceback (most recent call last):
    ValueError: offsets must rise from 0 to the 0 samples in 1 steps, one per window
    """
    fits = len(offsets) == len(window_start_ms) + 1 and offsets[0] == 0 and offsets[-1] == len(samples)
    if not fits or (np.diff(offsets) < 0).any():
        raise ValueError(
            f"offsets must rise from 0 to the {len(samples)} samples in {len(window_start_ms)} steps, one per window"
        )


def _stray(key: int) -> str:
    channel = key % CHANNEL_SLOTS
    if channel >= _CHANNELS:
        return f"a sample has channel {channel}; known are 0 to {_CHANNELS - 1}"
    return "a sample lies outside its window: give each window the samples from its start to 60 s later"


@compiled
def _counted(first_key: Ints, key: Ints, value: Floats, offsets: Ints) -> tuple[Ints, int]:
    """Where each channel of each window begins among all samples, by channel; and a sample that fits nowhere, or -1."""
    windows = len(first_key)
    bounds = np.zeros(_CHANNELS * windows + 1, dtype=np.int64)
    for window in range(windows):
        for at in range(offsets[window], offsets[window + 1]):
            if not np.isfinite(value[at]):
                continue
            place = key[at] - first_key[window]
            channel = place & (CHANNEL_SLOTS - 1)
            if place < 0 or place >= WINDOW_MS * INSTANT_SLOTS or channel >= _CHANNELS:
                return bounds, at
            bounds[channel * windows + window + 1] += 1
    for group in range(1, len(bounds)):
        bounds[group] += bounds[group - 1]
    return bounds, -1


@compiled
def _scattered(first_key: Ints, key: Ints, value: Floats, offsets: Ints, bounds: Ints) -> tuple[Ints, Floats, Ints]:
    """Times in the window, values (-0 made 0) and sources, channel by channel, window by window, in the order given."""
    windows = len(first_key)
    place_of = bounds[:-1].copy()
    time_ms, found = np.empty(bounds[-1], dtype=np.int64), np.empty(bounds[-1])
    source = np.empty(bounds[-1], dtype=np.int64)
    for window in range(windows):
        for at in range(offsets[window], offsets[window + 1]):
            if np.isfinite(value[at]):
                place = key[at] - first_key[window]
                group = (place & (CHANNEL_SLOTS - 1)) * windows + window
                time_ms[place_of[group]] = place >> _INSTANT_BITS
                source[place_of[group]] = (place >> _CHANNEL_BITS) & (SOURCE_SLOTS - 1)
                found[place_of[group]] = value[at] + 0.0
                place_of[group] += 1
    return time_ms, found, source


@compiled
def _of_one_source(
    time_ms: Ints,
    value: Floats,
    source: Ints,
    bounds: Ints,
    first_of_device: Ints,
    limits: Floats,
    unused: Ints,
    left_out: Ints,
) -> Bools:
    """Which samples are of their channel's chosen source; adds up the sources left out, and their samples."""
    windows = len(unused)
    kept = np.ones(len(value), dtype=np.bool_)
    several, only = np.empty(_CHANNELS, dtype=np.bool_), np.empty(_CHANNELS, dtype=np.int64)
    for window in range(windows):
        begins, ends = bounds[window:-1:windows], bounds[window + 1 :: windows]
        if not _find_several(source, begins, ends, first_of_device, several, only):
            continue
        for device in np.flatnonzero(several):
            members = np.flatnonzero(first_of_device == device)
            groups = [(channel, bounds[channel * windows + window]) for channel in members]
            best, best_score, found = -1, (-1.0, -1.0), np.empty(0, dtype=np.int64)
            for channel, first in groups:
                found = np.concatenate((found, source[first : bounds[channel * windows + window + 1]]))
            for each in np.unique(found):
                covered, good = 0.0, 0.0
                for channel, first in groups:
                    part = slice(first, bounds[channel * windows + window + 1])
                    mine = source[part] == each
                    if mine.any():
                        one_ms, one = _in_order(time_ms[part][mine], value[part][mine], channel == _BEATS)
                        covered += _covered(one_ms, one, channel == _BEATS)
                        good += good_share(one_ms, one, limits[channel])
                if (covered, good) > best_score:
                    best, best_score = each, (covered, good)
            for channel, first in groups:
                part = slice(first, bounds[channel * windows + window + 1])
                kept[part] = source[part] == best
                for each in np.unique(source[part]):
                    if each != best:
                        mine = source[part] == each
                        unused[window] += 1
                        left_out[window] += len(_in_order(time_ms[part][mine], value[part][mine], channel == _BEATS)[0])
    return kept


@compiled
def _find_several(source: Ints, begins: Ints, ends: Ints, first_of_device: Ints, several: Bools, only: Ints) -> bool:
    """Marks by its first channel each device of which one window has several sources; whether there is any."""
    several[:], only[:] = False, -1
    for channel in range(_CHANNELS):
        device = first_of_device[channel]
        for at in range(begins[channel], ends[channel]):
            if only[device] < 0:
                only[device] = source[at]
            several[device] |= source[at] != only[device]
    return bool(several.any())


@compiled
def _covered(time_ms: Ints, value: Floats, is_beats: bool) -> float:
    """What `coverage` says of it: seconds with samples, or the length of the intervals in seconds."""
    if is_beats:
        total_ms: float = value.sum()
        return min(total_ms, float(WINDOW_MS)) / 1000
    return float(seconds_held(time_ms))


@compiled
def _canonical(time_ms: Ints, value: Floats, bounds: Ints, kept: Bools) -> tuple[Ints, Floats, Ints]:
    """Each group in ascending times; groups move together where samples were repeated or left out."""
    ends = np.zeros_like(bounds)
    windows = (len(bounds) - 1) // _CHANNELS
    end = 0
    for group in range(len(bounds) - 1):
        first, last = bounds[group], bounds[group + 1]
        if _is_rising(time_ms[first:last]) and kept[first:last].all():
            for at in range(first, last):
                time_ms[end], value[end] = time_ms[at], value[at]
                end += 1
        else:
            mine = kept[first:last]
            one_ms, one = _in_order(time_ms[first:last][mine], value[first:last][mine], group // windows == _BEATS)
            for at in range(len(one)):
                time_ms[end], value[end] = one_ms[at], one[at]
                end += 1
        ends[group + 1] = end
    return time_ms[:end], value[:end], ends


@compiled
def _is_rising(time_ms: Ints) -> bool:
    at = 1
    while at < len(time_ms) and time_ms[at - 1] < time_ms[at]:
        at += 1
    return at >= len(time_ms)


@compiled
def _in_order(time_ms: Ints, value: Floats, is_beats: bool) -> tuple[Ints, Floats]:
    """One source's samples of one channel, ascending, nothing twice."""
    order = np.argsort(time_ms, kind="mergesort")
    one_ms, one = time_ms[order], value[order]
    end = settled(one_ms, one) if is_beats else _merged(one_ms, one)
    return one_ms[:end], one[:end]


@compiled
def _merged(time_ms: Ints, value: Floats) -> int:
    """One value per instant, written in front; how many."""
    end = 0
    first = 0
    while first < len(time_ms):
        last = first + 1
        while last < len(time_ms) and time_ms[last] == time_ms[first]:
            last += 1
        time_ms[end], value[end] = time_ms[first], _mean_of_distinct(value[first:last])
        end += 1
        first = last
    return end


@compiled
def _mean_of_distinct(value: Floats) -> float:
    ascending = np.sort(value) if len(value) > 1 else value
    total: float = ascending[0]
    distinct = 1
    for at in range(1, len(ascending)):
        if ascending[at] != ascending[at - 1]:
            total += ascending[at]
            distinct += 1
    return total / distinct
