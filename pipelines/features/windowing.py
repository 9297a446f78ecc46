"""Which windows a user's samples imply: what the stream does with state and watermarks, done at once."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.signals.series.samples import timestamps_ms
from pipelines.signals.series.segments import Ints
from schemas.windows import HOP_MS, PANES_PER_WINDOW, WINDOW_MS


@dataclass(frozen=True)
class Windows:
    """Windows in ascending order; window i has `samples[offsets[i]:offsets[i + 1]]`. Fits `compute_windows`."""

    window_start_ms: Ints
    samples: NDArray[np.void]
    offsets: Ints


def window_starts_ms(timestamp_ms: Ints) -> Ints:
    """Starts of all 60-s windows on the 5-s grid of the epoch that hold one of the instants, ascending.

    Start inclusive, end exclusive.

    >>> (window_starts_ms(np.array([60_000])) // 1000).tolist()
    [5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60]
    """
    pane_ms = np.unique(timestamp_ms // HOP_MS) * HOP_MS
    starts_ms: Ints = np.unique(pane_ms[:, None] - np.arange(PANES_PER_WINDOW) * HOP_MS)
    return starts_ms


def windows(samples: NDArray[np.void]) -> Windows:
    """All windows of ONE user's samples (any order, repetitions kept) that hold at least one sample.

    >>> from pipelines.signals.series.samples import pack
    >>> found = windows(pack(np.array([60_000, 64_999]), np.array([0, 0]), np.array([1.0, 2.0])))
    >>> len(found.window_start_ms), len(found.samples)
    (12, 24)
    """
    return _gathered(*_located(samples))


def window_chunks(
    samples: NDArray[np.void], *, max_samples: int = 1 << 20, between_ms: tuple[int, int] | None = None
) -> Iterator[Windows]:
    """The same windows a part at a time, each of at most `max_samples` samples or one window.

    `between_ms`: only those that start at or after the one instant and before the other.
    Every sample is in twelve windows: a day of one user at once would hold its samples twelvefold.

    >>> from pipelines.signals.series.samples import pack
    >>> day = pack(np.arange(0, 86_400_000, 1000), np.zeros(86_400, int), np.ones(86_400))
    >>> sum(len(part.window_start_ms) for part in window_chunks(day)) == 17_280 + 11
    True
    """
    samples, starts_ms, low, high = _located(samples, between_ms)
    filled = np.cumsum(high - low)
    begin = 0
    while begin < len(starts_ms):
        reached = filled[begin - 1] if begin else 0
        end = max(int(np.searchsorted(filled, reached + max_samples, side="right")), begin + 1)
        yield _gathered(samples, starts_ms[begin:end], low[begin:end], high[begin:end])
        begin = end


def _located(
    samples: NDArray[np.void], between_ms: tuple[int, int] | None = None
) -> tuple[NDArray[np.void], Ints, Ints, Ints]:
    """Samples in time order, starts of the windows, and where each window's samples begin and end."""
    ordered = samples[np.argsort(samples["key"], kind="stable")]
    at_ms = timestamps_ms(ordered)
    starts_ms = window_starts_ms(at_ms)
    if between_ms:
        starts_ms = starts_ms[slice(*np.searchsorted(starts_ms, between_ms))]
    return ordered, starts_ms, np.searchsorted(at_ms, starts_ms), np.searchsorted(at_ms, starts_ms + WINDOW_MS)


def _gathered(samples: NDArray[np.void], starts_ms: Ints, low: Ints, high: Ints) -> Windows:
    offsets = np.concatenate(([0], np.cumsum(high - low)))
    place = np.arange(offsets[-1]) + np.repeat(low - offsets[:-1], high - low)
    return Windows(starts_ms, samples[place], offsets)
