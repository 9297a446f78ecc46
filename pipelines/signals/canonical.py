"""Packed samples in any order, with repetitions -> one series per channel with one value per instant."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.signals.compiled import compiled
from pipelines.signals.samples import CHANNEL_SLOTS
from pipelines.signals.segments import Floats, Ints, Series
from schemas.channels import CHANNEL_NAMES
from schemas.windows import WINDOW_MS

MAX_WINDOWS: Final = 4096
"""Windows per call: bounds memory."""

_CHANNELS: Final = len(CHANNEL_NAMES)


def canonical_series(window_start_ms: Ints, samples: NDArray[np.void], offsets: Ints) -> Series:
    """The twelve channels of n windows as 12 n: n of the first of `CHANNELS`, then n of the next, and so on.

    `window_start_ms` int64 (n,), at most `MAX_WINDOWS`; `samples` array of `SAMPLE`; window i has
    `samples[offsets[i]:offsets[i + 1]]`. Identical samples count once; differing values of one channel at one
    instant become the mean of the distinct values; values that are not finite are no samples.
    Raises ValueError for offsets that do not fit, and for a sample outside its window or of no known channel.

    >>> from pipelines.signals.samples import pack
    >>> unsorted = pack(np.array([3_000, 1_000, 1_000, 1_000]), np.zeros(4, int), np.array([70.0, 60.0, 64.0, 64.0]))
    >>> hr = canonical_series(np.array([0]), unsorted, np.array([0, 4])).parts(12)[0]
    >>> hr.time_ms.tolist(), hr.value.tolist()
    ([1000, 3000], [62.0, 70.0])
    """
    check_offsets(window_start_ms, samples, offsets)
    first_key, key, value = window_start_ms * CHANNEL_SLOTS, samples["key"], samples["value"]
    bounds, stray = _counted(first_key, key, value, offsets)
    if stray >= 0:
        raise ValueError(_stray(int(key[stray])))
    time_ms, value = _scattered(first_key, key, value, offsets, bounds)
    return Series(*_canonical(time_ms, value, bounds))


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
            if place < 0 or place >= WINDOW_MS * CHANNEL_SLOTS or channel >= _CHANNELS:
                return bounds, at
            bounds[channel * windows + window + 1] += 1
    for group in range(1, len(bounds)):
        bounds[group] += bounds[group - 1]
    return bounds, -1


@compiled
def _scattered(first_key: Ints, key: Ints, value: Floats, offsets: Ints, bounds: Ints) -> tuple[Ints, Floats]:
    """Times in the window and values (-0 made 0), channel by channel, window by window, in the order given."""
    windows = len(first_key)
    place_of = bounds[:-1].copy()
    time_ms, found = np.empty(bounds[-1], dtype=np.int64), np.empty(bounds[-1])
    for window in range(windows):
        for at in range(offsets[window], offsets[window + 1]):
            if np.isfinite(value[at]):
                place = key[at] - first_key[window]
                group = (place & (CHANNEL_SLOTS - 1)) * windows + window
                time_ms[place_of[group]] = place // CHANNEL_SLOTS
                found[place_of[group]] = value[at] + 0.0
                place_of[group] += 1
    return time_ms, found


@compiled
def _canonical(time_ms: Ints, value: Floats, bounds: Ints) -> tuple[Ints, Floats, Ints]:
    """Each group in ascending, distinct times; groups move together where samples were repeated."""
    kept = np.zeros_like(bounds)
    end = 0
    for group in range(len(bounds) - 1):
        first, last = bounds[group], bounds[group + 1]
        if _is_rising(time_ms[first:last]):
            for at in range(first, last):
                time_ms[end], value[end] = time_ms[at], value[at]
                end += 1
        else:
            order = np.argsort(time_ms[first:last], kind="mergesort")
            end += _merged(time_ms[first:last][order], value[first:last][order], time_ms[end:], value[end:])
        kept[group + 1] = end
    return time_ms[:end], value[:end], kept


@compiled
def _is_rising(time_ms: Ints) -> bool:
    at = 1
    while at < len(time_ms) and time_ms[at - 1] < time_ms[at]:
        at += 1
    return at >= len(time_ms)


@compiled
def _merged(time_ms: Ints, value: Floats, into_ms: Ints, into: Floats) -> int:
    """One value per instant, written in front of `into`; how many."""
    end = 0
    first = 0
    while first < len(time_ms):
        last = first + 1
        while last < len(time_ms) and time_ms[last] == time_ms[first]:
            last += 1
        into_ms[end], into[end] = time_ms[first], _mean_of_distinct(value[first:last])
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
