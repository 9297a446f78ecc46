"""Target: CSV files of labels, and the windows that they label.

A case is a file's bytes.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.core.errors import InputError
from pipelines.labels.csv_files import read_labels_csv
from pipelines.labels.window_labels import UNLABELLED, window_labels
from schemas.message_rules import is_identity
from schemas.records import Label
from schemas.windows import EARLIEST_MS, HOP_MS, LATEST_MS, WINDOW_MS
from tests.fuzz.byte_mutations import spoilt
from tests.fuzz.cases import scratch
from tests.fuzz.rounds import BrokenError, Target, refusal_of
from tests.fuzz.text_mutations import edited_csv

LEAST_SHARE: Final = 0.75
MOST_WINDOWS: Final = 60
SEEDS: Final = (
    b"recording,wearer,block,state,start_utc,end_utc\n"
    b"A01,ann,early,calm,2022-02-07T09:50:00Z,2022-02-07T09:55:00Z\n"
    b"A01,ann,late,stress,2022-02-07T10:00:00Z,2022-02-07T10:05:00Z\n"
    b"A02,bob,other,calm,2022-02-07T10:00:00Z,2022-02-07T10:05:00Z\n",
    b"user_id,label,start_ms,end_ms\nann,calm,1644227574000,1644227634000\nann,stress,1644227604000,1644227664000\n"
    b"ann,calm,1644227664000,1644227700000\n",
    b"user_id,label,start_utc,end_utc,source\nann,calm,2022-02-07T09:50:00,2022-02-07T09:51:00,self-report\n"
    b"ann,calm,2022-02-07T09:50:30,2022-02-07T09:53:00,\n"
    b"bob,fear,2022-02-07 10:00:00+02:00,2022-02-07 11:00:00+02:00,\n",
    b"user_id;label;start_utc;end_utc\nann;calm;2022-02-07T09:50:00Z;2022-02-07T09:55:00Z\n",
    b"user_id, label, start_ms, end_ms\nann, calm, 1644227574000, 1644227634000\n",
    b'user_id,label,start_ms,end_ms\n"ann","c\nalm",1644227574000,1644227634000\n',
    b"user_id,label,start_ms,end_ms\n",
    b"",
)


def made(rng: Random) -> bytes:
    """A file of either layout, mutated cell by cell, or byte by byte, or both."""
    text = rng.choice(SEEDS)
    chance = rng.random()
    if chance < 0.8:
        text = edited_csv(text, rng)
    return spoilt(text, rng, SEEDS) if chance > 0.7 else text


@contextmanager
def target() -> Iterator[Target]:
    with scratch() as folder:
        file = folder / "labels.csv"
        yield Target("labels", made, lambda case: _tried(file, case), at_once=50)


def _tried(file: Path, text: bytes) -> None:
    file.write_bytes(text)
    found = refusal_of(lambda: read_labels_csv(file), naming=str(file))
    if found is None:
        return
    if not found or not all(found.values()):
        raise BrokenError("no label is no error")
    for user, labels in found.items():
        for label in labels:
            _check_label(user, label)
        _check_windows(labels)
    _check_repeated(file, text, found)


def _check_label(user: str, label: Label) -> None:
    if label.user_id != user or not is_identity(user) or not label.label:
        raise BrokenError("a label without a user or a name", label)
    if not EARLIEST_MS <= label.start_ms < label.end_ms <= LATEST_MS:
        raise BrokenError("a label out of bounds, or without an end after its start", label)
    if any(each != each.strip() for each in (user, label.label)):
        raise BrokenError("spaces around a name", ascii(label))


def _check_windows(labels: Sequence[Label]) -> None:
    """Each label counts once, in whatever order; and who is labelled lies in the label, and in no other."""
    starts_ms = _starts_ms(labels)
    names = sorted({label.label for label in labels})
    index, why = window_labels(labels, names, starts_ms, least_share=LEAST_SHARE)
    for changed in ([*labels, *labels], [*reversed(labels)], [*labels, labels[0]]):
        again = window_labels(changed, names, starts_ms, least_share=LEAST_SHARE)
        if not (np.array_equal(again[0], index) and np.array_equal(again[1], why)):
            raise BrokenError("a label given twice, or later, counts otherwise", labels)
    for start_ms, number, reason in zip(starts_ms.tolist(), index.tolist(), why, strict=True):
        if (number == UNLABELLED) != (reason is not None):
            raise BrokenError("a label and a reason for none, or neither", labels)
        if number != UNLABELLED:
            _check_inside(labels, names[number], start_ms)


def _check_inside(labels: Sequence[Label], name: str, start_ms: int) -> None:
    end_ms = start_ms + WINDOW_MS
    inside = [label for label in labels if label.start_ms < end_ms and label.end_ms > start_ms]
    mine = [(label.start_ms, label.end_ms) for label in inside if label.label == name]
    if _covered_ms(mine, start_ms, end_ms) < LEAST_SHARE * WINDOW_MS:
        raise BrokenError("a window is labelled that does not lie in its label", f"{start_ms} {labels}")
    for low, high in mine:
        for other in inside:
            claimed = max(low, other.start_ms, start_ms) < min(high, other.end_ms, end_ms)
            if other.label != name and claimed:
                raise BrokenError("a window is labelled that two labels claim", f"{start_ms} {labels}")


def _covered_ms(spans: Sequence[tuple[int, int]], start_ms: int, end_ms: int) -> int:
    """How much of a window spans cover, each instant once."""
    covered, reached = 0, start_ms
    for low, high in sorted(spans):
        covered += max(0, min(high, end_ms) - max(low, reached))
        reached = max(reached, high)
    return covered


def _check_repeated(file: Path, text: bytes, found: dict[str, list[Label]]) -> None:
    """A line that stands there twice says nothing new. Quoted cells may go over lines, so files with them are left."""
    lines = text.splitlines(keepends=True)
    if b'"' in text or text.startswith((b"\xff\xfe", b"\xfe\xff")) or not lines[-1].endswith(b"\n"):
        return
    file.write_bytes(text + lines[-1])
    try:
        again = read_labels_csv(file)
    except InputError as fault:
        raise BrokenError("a line given twice is refused", fault) from fault
    for user, labels in found.items():
        starts_ms, names = _starts_ms(labels), sorted({label.label for label in labels})
        one, two = (window_labels(each, names, starts_ms, least_share=LEAST_SHARE) for each in (labels, again[user]))
        if not np.array_equal(one[0], two[0]):
            raise BrokenError("a line given twice counts otherwise", labels)


def _starts_ms(labels: Sequence[Label]) -> NDArray[np.int64]:
    """Windows around the ends of the first labels, where rules meet."""
    ends = [end for label in labels[:5] for end in (label.start_ms, label.end_ms)]
    near = {end // HOP_MS * HOP_MS + hop * HOP_MS for end in ends for hop in range(-14, 3)}
    return np.array(sorted(near)[:MOST_WINDOWS], dtype=np.int64)
