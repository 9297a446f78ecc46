"""Which windows a user's samples imply: what the stream does with state and watermarks, done at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.signals.series.samples import timestamps_ms
from pipelines.signals.series.segments import Bools, Ints
from schemas.windows import HOP_MS, HOP_S, PANES_PER_WINDOW, WINDOW_MS

MAX_SAMPLES: Final = 1 << 20
"""Samples of windows held together."""


@dataclass(frozen=True)
class Windows:
    """Windows in ascending order; window i has `samples[offsets[i]:offsets[i + 1]]`. Fits `compute_windows`."""

    window_start_ms: Ints
    samples: NDArray[np.void]
    offsets: Ints


def window_starts_ms(timestamp_ms: Ints, phase_ms: int) -> Ints:
    """Starts of all 60-s windows that hold one of the instants, ascending, every 5 s from the user's phase on.

    Start inclusive, end exclusive.

    >>> (window_starts_ms(np.array([60_000]), 0) // 1000).tolist()
    [5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60]
    >>> window_starts_ms(np.array([60_000]), 1_750)[[0, -1]].tolist()
    [1750, 56750]
    """
    pane_ms = np.unique((timestamp_ms - phase_ms) // HOP_MS) * HOP_MS + phase_ms
    starts_ms: Ints = np.unique(pane_ms[:, None] - np.arange(PANES_PER_WINDOW) * HOP_MS)
    return starts_ms


def on_stride(start_ms: Ints, stride_s: int) -> Bools:
    """Which of a user's windows a stride takes, a multiple of the hop: of the whole hops before a start every so many.

    Whatever the phase, that is one window a stride, and the same hops for all users.

    >>> on_stride(np.array([0, 5_000, 10_000, 3_250, 8_250, 13_250]), 10).tolist()
    [True, False, True, True, False, True]
    """
    taken: Bools = start_ms // HOP_MS % (stride_s // HOP_S) == 0
    return taken


def windows(samples: NDArray[np.void], phase_ms: int) -> Windows:
    """All windows of ONE user's samples (any order, repetitions kept) that hold at least one sample.

    >>> from pipelines.signals.series.samples import pack
    >>> found = windows(pack(np.array([60_000, 64_999]), np.array([0, 0]), np.array([1.0, 2.0])), 0)
    >>> len(found.window_start_ms), len(found.samples)
    (12, 24)
    """
    ordered, at_ms = _ordered(samples)
    return _gathered(ordered, *_located(at_ms, window_starts_ms(at_ms, phase_ms)))


def window_chunks(
    samples: NDArray[np.void],
    phase_ms: int,
    *,
    max_samples: int = MAX_SAMPLES,
    between_ms: tuple[int, int] | None = None,
) -> Iterator[Windows]:
    """The same windows a part at a time, each of at most `max_samples` samples or one window.

    `between_ms`: only those that start at or after the one instant and before the other.
    Every sample is in twelve windows: a day of one user at once would hold its samples twelvefold.

    >>> from pipelines.signals.series.samples import pack
    >>> day = pack(np.arange(0, 86_400_000, 1000), np.zeros(86_400, int), np.ones(86_400))
    >>> sum(len(part.window_start_ms) for part in window_chunks(day, 0)) == 17_280 + 11
    True
    >>> sum(len(part.window_start_ms) for part in window_chunks(day, 250)) == 17_280 + 12
    True
    """
    starts_ms = window_starts_ms(timestamps_ms(samples), phase_ms)
    if between_ms:
        starts_ms = starts_ms[slice(*np.searchsorted(starts_ms, between_ms))]
    return windows_at(samples, starts_ms, max_samples=max_samples)


def windows_at(samples: NDArray[np.void], starts_ms: Ints, *, max_samples: int = MAX_SAMPLES) -> Iterator[Windows]:
    """The windows that start at these instants, ascending, whatever phase they are of; some may hold no sample.

    A part at a time, as `window_chunks`.

    >>> from pipelines.signals.series.samples import pack
    >>> some = pack(np.array([60_000, 64_999]), np.array([0, 0]), np.ones(2))
    >>> [part.offsets.tolist() for part in windows_at(some, np.array([3_250, 5_000, 70_000]))]
    [[0, 1, 3, 3]]
    """
    samples, at_ms = _ordered(samples)
    starts_ms, low, high = _located(at_ms, starts_ms)
    filled = np.cumsum(high - low)
    begin = 0
    while begin < len(starts_ms):
        reached = filled[begin - 1] if begin else 0
        end = max(int(np.searchsorted(filled, reached + max_samples, side="right")), begin + 1)
        yield _gathered(samples, starts_ms[begin:end], low[begin:end], high[begin:end])
        begin = end


def _ordered(samples: NDArray[np.void]) -> tuple[NDArray[np.void], Ints]:
    """Samples in time order, and their times."""
    ordered = samples[np.argsort(samples["key"], kind="stable")]
    return ordered, timestamps_ms(ordered)


def _located(at_ms: Ints, starts_ms: Ints) -> tuple[Ints, Ints, Ints]:
    """Starts of windows, and where each window's samples begin and end."""
    return starts_ms, np.searchsorted(at_ms, starts_ms), np.searchsorted(at_ms, starts_ms + WINDOW_MS)


def _gathered(samples: NDArray[np.void], starts_ms: Ints, low: Ints, high: Ints) -> Windows:
    offsets = np.concatenate(([0], np.cumsum(high - low)))
    place = np.arange(offsets[-1]) + np.repeat(low - offsets[:-1], high - low)
    return Windows(starts_ms, samples[place], offsets)
