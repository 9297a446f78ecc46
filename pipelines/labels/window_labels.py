"""The one window labeller: one user's labels as intervals, and which window lies in which.

Training sets, `eqm train`, `eqm evaluate`, comparisons of running models and the demo's report all label windows here.
Labels of one name are united, so that a label given twice counts once. Windows that touch a contradiction have none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.signals.series.segments import Ints
from schemas.records import Label
from schemas.windows import WINDOW_MS

Span = tuple[int, int]

UNLABELLED: Final = -1
"""In place of a label's index."""


class Unlabelled(StrEnum):
    """Why a window has no label."""

    UNLABELLED_TIME = "unlabelled_time"
    LEAST_SHARE = "least_share"
    OVERLAPPING_LABELS = "overlapping_labels"


@dataclass(frozen=True)
class Interval:
    """A stretch of time with one label; start inclusive, end exclusive."""

    label: str
    start_ms: int
    end_ms: int


def merged(labels: Sequence[Label]) -> list[Interval]:
    """Labels by start; those of one name that overlap or touch are one interval.

    >>> def of(name, start, end): return Label(user_id="u", label=name, start_ms=start, end_ms=end, source="protocol")
    >>> T = 10**12
    >>> found = merged([of("calm", T, T + 5), of("stress", T + 5, T + 7), of("calm", T + 5, T + 9)])
    >>> [(each.label, each.end_ms - each.start_ms) for each in found]
    [('calm', 9), ('stress', 2)]
    """
    found: list[Interval] = []
    by_name = sorted(labels, key=lambda label: (label.label, label.start_ms))
    for name, mine in groupby(by_name, key=lambda label: label.label):
        spans: list[Span] = []
        for label in mine:
            start_ms, end_ms = label.start_ms, label.end_ms
            if spans and start_ms <= spans[-1][1]:
                start_ms, end_ms = spans[-1][0], max(end_ms, spans.pop()[1])
            spans.append((start_ms, end_ms))
        found += [Interval(name, *span) for span in spans]
    return sorted(found, key=lambda each: (each.start_ms, each.end_ms, each.label))


def contested(intervals: Sequence[Interval]) -> Iterator[Span]:
    """Stretches that two labels of different names claim; `intervals` as `merged` gives them."""
    for place, one in enumerate(intervals):
        for other in intervals[place + 1 :]:
            if other.start_ms >= one.end_ms:
                break
            yield other.start_ms, min(one.end_ms, other.end_ms)


def touched(window_start_ms: Ints, span: Span) -> slice:
    """The windows, ascending, that share an instant with a stretch of time."""
    first = int(np.searchsorted(window_start_ms, span[0] - WINDOW_MS, side="right"))
    return slice(first, int(np.searchsorted(window_start_ms, span[1], side="left")))


def label_windows(
    intervals: Sequence[Interval], window_start_ms: Ints, *, least_share: float
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """The label of each of one user's windows (ascending), and why it is dropped; exactly one of the two is None.

    The label is that of the one interval that covers at least `least_share` of the window. A window that touches two
    labels of different names that overlap has none, wherever in it they do.
    """
    label = np.full(len(window_start_ms), None, dtype=object)
    near, clear, claimed_twice = (np.zeros(len(window_start_ms), dtype=bool) for _ in range(3))
    for each in intervals:
        place = touched(window_start_ms, (each.start_ms, each.end_ms))
        starts_ms = window_start_ms[place]
        inside_ms = np.minimum(starts_ms + WINDOW_MS, each.end_ms) - np.maximum(starts_ms, each.start_ms)
        covered = inside_ms / WINDOW_MS >= least_share
        near[place] = True
        clear[place] |= covered
        label[place][covered] = each.label
    for span in contested(intervals):
        claimed_twice[touched(window_start_ms, span)] = True
    dropped = np.full(len(window_start_ms), None, dtype=object)
    dropped[~clear] = Unlabelled.LEAST_SHARE
    dropped[~near] = Unlabelled.UNLABELLED_TIME
    dropped[claimed_twice] = Unlabelled.OVERLAPPING_LABELS
    label[claimed_twice] = None
    return label, dropped


def window_labels(
    labels: Sequence[Label], names: Sequence[str], window_start_ms: Ints, *, least_share: float
) -> tuple[Ints, NDArray[np.object_]]:
    """Of each of one user's windows, in any order, the index of its label in `names`, and why it has none (or None).

    The index is `UNLABELLED` where there is a reason, and where the label is not among `names`.

    >>> def of(name, start, end): return Label(user_id="u", label=name, start_ms=start, end_ms=end, source="protocol")
    >>> T = 10**12
    >>> starts = np.array([T + 60_000, T])
    >>> index, why = window_labels([of("calm", T, T + 60_000)], ["calm"], starts, least_share=0.75)
    >>> index.tolist(), [str(reason) for reason in why]
    ([-1, 0], ['unlabelled_time', 'None'])
    """
    order = np.argsort(window_start_ms, kind="stable")
    label, dropped = label_windows(merged(labels), window_start_ms[order], least_share=least_share)
    known = {name: number for number, name in enumerate(names)}
    index, reason = np.empty(len(order), dtype=np.int64), np.empty(len(order), dtype=object)
    index[order] = [known.get(name, UNLABELLED) for name in label]
    reason[order] = dropped
    return index, reason


def contradicted(why: NDArray[np.object_]) -> int:
    """How many windows have no label because two contradict each other, of the reasons that `window_labels` gives."""
    return int((why == Unlabelled.OVERLAPPING_LABELS).sum())


def contradiction_lines(windows: int) -> list[str]:
    """What people are told of so many windows; nothing of none.

    >>> contradiction_lines(12), contradiction_lines(0)
    (['windows without a label, because labels contradict each other there: 12'], [])
    """
    return [f"windows without a label, because labels contradict each other there: {windows:,}"] if windows else []
