"""Inter-beat intervals: which are truly successive, and the longest stretch without a gap."""

from typing import Final

import numpy as np

from pipelines.signals.series.compiled import compiled
from pipelines.signals.series.segments import Bools, Floats, Ints, Series

TOLERANCE_MS: Final = 10
"""How far an interval's start may lie from the beat before it. NeuroKit2 uses the same bound: wide enough for
stamps rounded to milliseconds or to 1/64 s, and an order below the shortest plausible interval."""


def successive(ibi: Series) -> Bools:
    """Whether each interval begins at the beat before it: |stamp - own length - previous stamp| <= 10 ms.

    Bool (samples,); False for a window's first. An interval is stamped at its second beat. Where False, a beat
    was missed or its interval left out, and no difference may be taken (Task Force 1996,
    doi:10.1161/01.CIR.93.5.1043: successive differences are of adjacent intervals).

    >>> beats = Series(np.array([1000, 1800, 3500]), np.array([800.0, 800.0, 850.0]), np.array([0, 3]))
    >>> successive(beats).tolist()
    [False, True, False]
    """
    return _successive(ibi.time_ms, ibi.value, ibi.offsets)


@compiled
def joins(time_ms: Ints, value: Floats, at: int) -> bool:
    """Whether interval `at`, which is not the first of its window, begins at the beat before it."""
    near: bool = abs((time_ms[at] - time_ms[at - 1]) - value[at]) <= TOLERANCE_MS
    return near


@compiled
def _successive(time_ms: Ints, value: Floats, offsets: Ints) -> Bools:
    found = np.zeros(len(value), dtype=np.bool_)
    for window in range(len(offsets) - 1):
        for at in range(offsets[window] + 1, offsets[window + 1]):
            found[at] = joins(time_ms, value, at)
    return found


def longest_runs(ibi: Series) -> tuple[Ints, Ints]:
    """Of each window's runs of successive intervals the longest in time, the earliest of equals.

    Returns positions of its first interval and of the one after its last, int64 (windows,) each;
    the two are equal where the window has no interval.

    >>> beats = Series(np.array([1000, 1800, 3500]), np.array([800.0, 800.0, 850.0]), np.array([0, 3]))
    >>> [position.tolist() for position in longest_runs(beats)]
    [[0], [2]]
    """
    first, end = _longest_runs(ibi.time_ms, ibi.value, ibi.offsets)
    return first, end


@compiled
def _longest_runs(time_ms: Ints, value: Floats, offsets: Ints) -> Ints:
    found = np.empty((2, len(offsets) - 1), dtype=np.int64)
    for window in range(len(offsets) - 1):
        first, last = offsets[window], offsets[window + 1]
        found[0, window] = found[1, window] = begin = first
        longest_ms = -1
        for at in range(first + 1, last + 1):
            if at == last or not joins(time_ms, value, at):
                if time_ms[at - 1] - time_ms[begin] > longest_ms:
                    longest_ms = time_ms[at - 1] - time_ms[begin]
                    found[0, window], found[1, window] = begin, at
                begin = at
    return found
