"""Scored windows as they travel between the networks and the smoothing, as bytes that need nothing else to be read.

A window is two blobs. The scored one holds all that its event says, and begins with the model's `Speaker`. The answer
is the little of it that later windows' means need, and all that they keep reading. Each is a pair: the blob of the
serving model, and that of its shadow, empty where there is none.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from struct import Struct
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.core.arrays import Floats, Ints
from models.ensemble.events import Speaker, WindowAnswers

NOTHING: Final = b""
"""What there is of a shadow where there is none."""

LENGTH: Final = Struct("<I")
SET_BYTES: Final = 8

Pair = tuple[bytes, bytes]
Rows = NDArray[np.void]


def label_set_id(labels: Sequence[str]) -> bytes:
    """Eight bytes that tell ordered label sets apart: answers are averaged within one only."""
    return blake2b("\0".join(labels).encode(), digest_size=SET_BYTES).digest()


def scored_blobs(speaker: Speaker, answers: WindowAnswers) -> list[bytes]:
    """The scored blob of each window; times and quality come back exactly, and float32 probabilities.

    >>> speaker = Speaker("small", "1", ("calm", "stress"), ("cnn",), 0.2, 0.0)
    >>> one = WindowAnswers(np.array([0]), np.array([60_000]), np.ones(1), np.eye(2)[:1], np.eye(2)[:1, None])
    >>> [(told == speaker, which, read.raw.tolist()) for told, which, read in by_speaker(scored_blobs(speaker, one))]
    [(True, [0], [[1.0, 0.0]])]
    """
    rows = np.empty(len(answers.quality), dtype=_layout(speaker))
    for name in rows.dtype.names or ():
        rows[name] = getattr(answers, name)
    head = LENGTH.pack(len(speaker.as_bytes)) + speaker.as_bytes
    return [head + row for row in _cut(rows)]


def by_speaker(blobs: Sequence[bytes]) -> Iterator[tuple[Speaker, Sequence[int], WindowAnswers]]:
    """The inverse: for each speaker which of the blobs are of it, and what they hold, in their order."""
    found: dict[bytes, list[int]] = {}
    parts = [parted(blob) for blob in blobs]
    for index, (head, _) in enumerate(parts):
        found.setdefault(head, []).append(index)
    for head, which in found.items():
        speaker, layout = _told(head)
        rows = np.frombuffer(b"".join(parts[index][1] for index in which), dtype=layout)
        yield speaker, which, WindowAnswers(**{name: rows[name] for name in rows.dtype.names or ()})


def answer_blobs(speaker: Speaker, answers: WindowAnswers) -> list[bytes]:
    """The answer blob of each window: label set, end, raw probabilities."""
    rows = np.empty(len(answers.quality), dtype=_answer_layout(len(speaker.labels)))
    rows["label_set"], rows["end_ms"] = np.void(label_set_id(speaker.labels)), answers.window_end_ms
    rows["raw"] = answers.raw
    return _cut(rows)


def ends_and_answers(blobs: Sequence[bytes], labels: int) -> tuple[Ints, Floats]:
    """Of answer blobs of one label set: ends (n,) and probabilities (n, labels)."""
    rows = np.frombuffer(b"".join(blobs), dtype=_answer_layout(labels))
    return rows["end_ms"].astype(np.int64), rows["raw"].astype(np.float64)


def paired(serving: bytes, shadow: bytes) -> bytes:
    """Two blobs as one.

    >>> parted(paired(b"now", b"later"))
    (b'now', b'later')
    """
    return LENGTH.pack(len(serving)) + serving + shadow


def parted(blob: bytes) -> Pair:
    """The inverse."""
    end = LENGTH.size + LENGTH.unpack_from(blob)[0]
    return blob[LENGTH.size : end], blob[end:]


def _cut(rows: Rows) -> list[bytes]:
    size, joined = rows.dtype.itemsize, rows.tobytes()
    return [joined[at : at + size] for at in range(0, len(joined), size)]


@lru_cache(maxsize=64)
def _told(head: bytes) -> tuple[Speaker, np.dtype[Any]]:
    speaker = Speaker.from_bytes(head)
    return speaker, _layout(speaker)


@lru_cache(maxsize=64)
def _layout(speaker: Speaker) -> np.dtype[Any]:
    labels, members = len(speaker.labels), len(speaker.members)
    return np.dtype(
        [
            ("window_start_ms", "<i8"),
            ("window_end_ms", "<i8"),
            ("quality", "<f8"),
            ("raw", "<f4", (labels,)),
            ("members", "<f4", (members, labels)),
        ]
    )


@lru_cache(maxsize=64)
def _answer_layout(labels: int) -> np.dtype[Any]:
    return np.dtype([("label_set", f"V{SET_BYTES}"), ("end_ms", "<i8"), ("raw", "<f4", (labels,))])
