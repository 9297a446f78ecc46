"""Inter-beat intervals: which are truly successive, and the longest stretch without a gap."""

from typing import Final

import numpy as np

from pipelines.signals.segments import Bools, Ints, Series

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
    error_ms = np.diff(ibi.time_ms) - ibi.value[1:]
    joined = (np.abs(error_ms) <= TOLERANCE_MS) & ibi.follows
    return np.concatenate((np.zeros(min(len(ibi.value), 1), dtype=bool), joined))


def longest_runs(ibi: Series) -> tuple[Ints, Ints]:
    """Of each window's runs of successive intervals the longest in time, the earliest of equals.

    Returns positions of its first interval and of the one after its last, int64 (windows,) each;
    the two are equal where the window has no interval.

    >>> beats = Series(np.array([1000, 1800, 3500]), np.array([800.0, 800.0, 850.0]), np.array([0, 3]))
    >>> [position.tolist() for position in longest_runs(beats)]
    [[0], [2]]
    """
    begin = np.flatnonzero(~successive(ibi))
    end = np.append(begin[1:], len(ibi.value))
    first, last = ibi.offsets[:-1].copy(), ibi.offsets[:-1].copy()
    if len(begin):
        span_ms = ibi.time_ms[end - 1] - ibi.time_ms[begin]
        order = np.lexsort((begin, -span_ms, ibi.row[begin]))
        rows, chosen = np.unique(ibi.row[begin[order]], return_index=True)
        first[rows], last[rows] = begin[order][chosen], end[order][chosen]
    return first, last
