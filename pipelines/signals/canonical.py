"""Packed samples in any order, with repetitions -> one series per channel with one value per instant."""

import numpy as np
from numpy.typing import NDArray

from pipelines.samples import CHANNEL_SLOTS
from pipelines.signals.segments import Floats, Ints, Series
from schemas.channels import CHANNEL_NAMES
from schemas.windows import WINDOW_MS

_TIME_BITS = (WINDOW_MS - 1).bit_length()
_TIME_MASK = (1 << _TIME_BITS) - 1
MAX_WINDOWS = 4096
"""Windows per call: bounds memory, and channel, window, time and position share one 63-bit number."""


def canonical_series(window_start_ms: Ints, samples: NDArray[np.void], offsets: Ints) -> tuple[Series, ...]:
    """The twelve channels, in `CHANNELS` order, of n windows.

    `window_start_ms` int64 (n,), at most `MAX_WINDOWS`; `samples` array of `SAMPLE`; window i has
    `samples[offsets[i]:offsets[i + 1]]`. Identical samples count once; differing values of one channel at one
    instant become the mean of the distinct values; values that are not finite are no samples.
    Raises ValueError for offsets that do not fit, and for a sample outside its window or of no known channel.

    >>> from pipelines.samples import pack
    >>> unsorted = pack(np.array([3_000, 1_000, 1_000, 1_000]), np.zeros(4, int), np.array([70.0, 60.0, 64.0, 64.0]))
    >>> hr = canonical_series(np.array([0]), unsorted, np.array([0, 4]))[0]
    >>> hr.time_ms.tolist(), hr.value.tolist()
    ([1000, 3000], [62.0, 70.0])
    """
    check_offsets(window_start_ms, samples, offsets)
    slot, value = _slots(window_start_ms, samples, np.repeat(np.arange(len(window_start_ms)), np.diff(offsets)))
    slot, value = _distinct(*_sorted(slot, value))
    return _split(slot, value, len(window_start_ms))


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


def _slots(window_start_ms: Ints, samples: NDArray[np.void], row: Ints) -> tuple[Ints, Floats]:
    """Channel, window and time as one number that sorts in this order; with the values, -0 made 0."""
    value = samples["value"] + 0.0
    place = samples["key"] - (window_start_ms * CHANNEL_SLOTS)[row]
    finite = np.isfinite(value)
    if not finite.all():
        value, place, row = value[finite], place[finite], row[finite]
    at_ms, channel = place // CHANNEL_SLOTS, place & (CHANNEL_SLOTS - 1)
    if len(place) and (place.min() < 0 or place.max() >= WINDOW_MS * CHANNEL_SLOTS):
        raise ValueError("a sample lies outside its window: give each window the samples from its start to 60 s later")
    if len(place) and channel.max() >= len(CHANNEL_NAMES):
        raise ValueError(f"a sample has channel {channel.max()}; known are 0 to {len(CHANNEL_NAMES) - 1}")
    return ((channel * len(window_start_ms) + row) << _TIME_BITS) | at_ms, value


def _sorted(slot: Ints, value: Floats) -> tuple[Ints, Floats]:
    """Sorts numbers that carry their own position: several times faster than sorting positions by number."""
    bits = len(slot).bit_length()
    packed = np.sort((slot << bits) | np.arange(len(slot)))
    return packed >> bits, value[packed & ((1 << bits) - 1)]


def _distinct(slot: Ints, value: Floats) -> tuple[Ints, Floats]:
    repeated = slot[1:] == slot[:-1]
    if not repeated.any():
        return slot, value
    first = np.concatenate(([True], ~repeated))
    shared = np.concatenate((repeated, [False])) | ~first
    merged = value[first]
    merged[shared[first]] = _means_of_distinct(slot[shared], value[shared])
    return slot[first], merged


def _means_of_distinct(slot: Ints, value: Floats) -> Floats:
    order = np.lexsort((value, slot))
    slot, value = slot[order], value[order]
    new = np.concatenate(([True], (slot[1:] != slot[:-1]) | (value[1:] != value[:-1])))
    slot, value = slot[new], value[new]
    starts = np.flatnonzero(np.concatenate(([True], slot[1:] != slot[:-1])))
    means: Floats = np.add.reduceat(value, starts) / np.diff(starts, append=len(slot))
    return means


def _split(slot: Ints, value: Floats, windows: int) -> tuple[Series, ...]:
    bounds = np.searchsorted(slot, np.arange(len(CHANNEL_NAMES) * windows + 1) << _TIME_BITS)
    time_ms = slot & _TIME_MASK
    series = []
    for channel in range(len(CHANNEL_NAMES)):
        offsets = bounds[channel * windows : (channel + 1) * windows + 1]
        part = slice(offsets[0], offsets[-1])
        series.append(Series(time_ms[part], value[part], offsets - offsets[0]))
    return tuple(series)
