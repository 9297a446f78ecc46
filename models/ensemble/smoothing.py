"""The mean over the last half minute of event time.

Why it needs no watermark: docs/decisions/0002-smoothing-in-order-of-arrival.md.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from models.core.arrays import Bools, Floats, Ints, Reals
from schemas.windows import SMOOTHING_MS


def smooth(window_end_ms: Ints, probabilities: Reals, now_end_ms: int) -> Floats:
    """Mean of probabilities (k, K) over the windows that end in (now - 30 s, now], event time in milliseconds.

    Windows may come in any order; of those with the same end the last one given counts, once. The result is the same
    to the last bit for any order of different ends. NaN (K,) when no window ends in that time.

    >>> smooth(np.array([0, 30_000, 60_000]), np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]), 60_000).tolist()
    [1.0, 0.0]
    """
    p = np.asarray(probabilities, dtype=np.float64)
    inside = (window_end_ms > now_end_ms - SMOOTHING_MS) & (window_end_ms <= now_end_ms)
    newest = {int(end): row for row, end in enumerate(window_end_ms) if inside[row]}
    if not newest:
        return np.full(p.shape[1], np.nan)
    chosen: Floats = p[[newest[end] for end in sorted(newest)]]
    return np.asarray(chosen.mean(axis=0))


def smooth_each(moment: Ints, window_end_ms: Ints, probabilities: Reals, now_end_ms: Ints) -> Floats:
    """(n, K): `smooth` for n moments at once; window i is one of moment `moment[i]`'s.

    A moment's result is the same to the last bit whatever others stand beside it.

    >>> ends, answers = np.array([0, 30_000, 60_000]), np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    >>> smooth_each(np.array([0, 0, 1]), ends, answers, np.array([30_000, 60_000])).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    p, now = np.asarray(probabilities, dtype=np.float64), now_end_ms[moment]
    inside = np.flatnonzero((window_end_ms > now - SMOOTHING_MS) & (window_end_ms <= now))
    order = inside[np.lexsort((window_end_ms[inside], moment[inside]))]
    newest = np.diff(moment[order], append=-1).astype(bool) | np.diff(window_end_ms[order], append=-1).astype(bool)
    order = order[newest]
    found = np.full((len(now_end_ms), p.shape[1]), np.nan)
    seen, starts, counts = np.unique(moment[order], return_index=True, return_counts=True)
    if len(seen):
        found[seen] = np.add.reduceat(p[order], starts, axis=0) / counts[:, None]
    return found


def smooth_rows(
    person: NDArray[np.str_], window_end_ms: Ints, probabilities: Reals, which: Bools | None = None
) -> Floats:
    """(n, K): of each row, or of those marked, the mean over the person's rows that end in the last 30 s; else NaN.

    Rows are in order of person and time. A row with no other in its last 30 s stays as it is.

    >>> ends, answers = np.array([0, 5_000, 5_000]), np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    >>> smooth_rows(np.array(["ann", "ann", "bob"]), ends, answers).tolist()
    [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]
    """
    found = np.full(probabilities.shape, np.nan)
    wanted = np.ones(len(person), dtype=bool) if which is None else which
    for rows in _by_person(person):
        ends = window_end_ms[rows]
        for at in np.flatnonzero(wanted[rows]):
            near = slice(*np.searchsorted(ends, (ends[at] - SMOOTHING_MS, ends[at]), side="right"))
            found[rows][at] = smooth(ends[near], probabilities[rows][near], int(ends[at]))
    return found


def _by_person(person: NDArray[np.str_]) -> Iterator[slice]:
    begins = np.flatnonzero(np.r_[True, person[1:] != person[:-1]])
    for begin, end in zip(begins, [*begins[1:], len(person)], strict=True):
        yield slice(int(begin), int(end))
