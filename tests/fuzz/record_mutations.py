"""Feature records, mutated member by member: what stays a record reaches further than spoilt bytes."""

from collections.abc import Callable
from random import Random
from typing import Final

import numpy as np

from pipelines.features.longs import written
from pipelines.features.records import BLOCK, HEADER, LONGS
from schemas.windows import EARLIEST_MS, LATEST_MS
from tests.fuzz.byte_mutations import spoilt

FLOATS: Final = (
    *(b"\x00\x00\x80\x7f", b"\x00\x00\x80\xff"),  # infinite
    *(b"\x00\x00\xc0\x7f", b"\x01\x00\x80\x7f", b"\xff\xff\xff\xff"),  # no numbers: quiet, signalling, negative
    *(b"\x00\x00\x00\x80", b"\x01\x00\x00\x00", b"\x01\x00\x00\x80", b"\xff\xff\x7f\x7f"),  # -0, smallest, largest
    *(b"\x00\x00\x80\x3f", b"\x01\x00\x80\x3f", b"\x00\x00\x00\x3f"),  # 1, a little more, a half
)
_EDGES: Final = (0, 1, -1, EARLIEST_MS, EARLIEST_MS - 1, LATEST_MS, LATEST_MS + 1, (1 << 62) - 1, -(1 << 62), 1 << 62)
NUMBERS: Final = (
    *(written(np.array([[edge]]))[0] for edge in _EDGES),
    *(b"\x80\x00", b"\x82\x80\x80\x00", b"\x80" * 8 + b"\x00", b"\x80" * 9 + b"\x00", b"\x80" * 20 + b"\x00"),
    *(b"\xff" * 9 + b"\x01", b"\xff" * 9 + b"\x7f", b"\x80", b"\xff" * 12, b""),
)
"""Longs at their limits, longer than they need be, and cut off."""

USERS: Final = (b"", b"u" * 128, b"u" * 129, "😀".encode() * 128, b"u" * 50_000, b"a\x1b[2J", b"\xff", b"\xed\xa0\x80")

_Members = tuple[bytes, bytes, list[bytes], bytes]
"""Header, length and text of the id, longs, block."""


def edited_record(data: bytes, rng: Random) -> bytes:
    """A good record with another header, id, long or float; sometimes two of them.

    >>> from tests.fuzz.control import SEEDS
    >>> record = SEEDS["features"][0][2]
    >>> edited_record(record, Random(1)) == edited_record(record, Random(1)) != record
    True
    """
    begin = len(HEADER) + 1 + (data[len(HEADER)] >> 1)
    members: _Members = (data[: len(HEADER)], data[len(HEADER) : begin], _longs(data[begin:]), data[-BLOCK.itemsize :])
    while True:
        members = rng.choice(EDITS)(members, rng)
        if rng.random() < 0.7:
            header, user, numbers, block = members
            return b"".join((header, user, *numbers, block))


def _longs(data: bytes) -> list[bytes]:
    found, begin = [], 0
    for _ in LONGS:
        end = next(place for place in range(begin, len(data)) if data[place] < 0x80) + 1
        found.append(data[begin:end])
        begin = end
    return found


def _other_header(members: _Members, rng: Random) -> _Members:
    header, *rest = members
    return (spoilt(header, rng), *rest)  # type: ignore[return-value]


def _other_user(members: _Members, rng: Random) -> _Members:
    header, _, numbers, block = members
    text = rng.choice(USERS)
    size = len(text) if rng.random() < 0.8 else rng.choice((-1, 0, 1, 127, 8191, 8192, 1 << 40))
    return header, written(np.array([[size]]))[0] + text, numbers, block


def _other_long(members: _Members, rng: Random) -> _Members:
    header, user, numbers, block = members
    which = rng.randrange(len(numbers))
    return header, user, [*numbers[:which], rng.choice(NUMBERS), *numbers[which + 1 :]], block


def _other_float(members: _Members, rng: Random) -> _Members:
    header, user, numbers, block = members
    at = 4 * rng.randrange(len(block) // 4)
    return header, user, numbers, block[:at] + rng.choice(FLOATS) + block[at + 4 :]


EDITS: Final[tuple[Callable[[_Members, Random], _Members], ...]] = (
    _other_header,
    *(_other_user, _other_long) * 2,
    *(_other_float,) * 4,
)
