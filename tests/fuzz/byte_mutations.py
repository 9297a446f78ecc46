"""Bytes, spoilt: as lines, disks and other people's programs spoil them."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Final

INTERESTING: Final = (
    *(b"\x00", b"\xc0\x80", b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xc1\xb2"),  # NUL; overlong forms
    *(b"\xed\xa0\x80", b"\xed\xb0\x80", b"\xed\xa0\xbd\xed\xb8\x80"),  # halves of surrogate pairs, and both
    *(b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xf8\x88\x80\x80\x80"),  # beyond Unicode
    *(b"\x80", b"\xbf", b"\xe2\x82", b"\xff", b"\xfe", b"\xc3"),  # alone, or cut off
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff"),  # byte order marks
    *(b"\x1b[2J", b"\x1b]0;x\x07", b"\x1b", b"\x7f", b"\x08", b"\xc2\x9b31m", b"\xc2\x85"),  # what terminals obey
    *(b"\xe2\x80\xa8", b"\xe2\x80\xa9", b"\xe2\x80\xae", b"\xe2\x80\x8b", b"\xc2\xa0"),  # lines, bidi, no width
    *(b"\n", b"\r", b"\r\n", b"\t", b"\x0b", b"\x0c", b"\x1c", b"\x1f", b" "),
    *(b'"', b"'", b"\\", b"{", b"}", b"[", b"]", b",", b";", b":", b"#", b"%", b"/", b"<", b"-", b"+", b".", b"e"),
    *("é".encode(), "😀".encode(), "٣".encode(), "ﬀ".encode(), "İ".encode()),
)
ENCODINGS: Final = ("utf-16-le", "utf-16-be", "utf-16", "utf-32-le", "utf-32-be", "utf-32", "utf-8-sig", "latin-1")
LONGEST_COPY: Final = 64

Spoil = Callable[[bytes, Random], bytes]


def spoilt(data: bytes, rng: Random, others: Sequence[bytes] = ()) -> bytes:
    """The bytes after a few random mutations, mostly one; with `others` also spliced with one of them.

    >>> spoilt(b"ann", Random(1)) == spoilt(b"ann", Random(1))
    True
    """
    while True:
        if others and rng.random() < 0.05:
            data = _spliced(data, rng.choice(others), rng)
        else:
            data = rng.choice(MUTATIONS)(data, rng)
        if rng.random() < 0.6:
            return data


def _span(data: bytes, rng: Random) -> tuple[int, int]:
    """A stretch of the data, short more often than long."""
    begin = rng.randint(0, len(data))
    return begin, min(len(data), begin + int(rng.paretovariate(1.0)))


def _flipped(data: bytes, rng: Random) -> bytes:
    if not data:
        return data
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]


def _replaced(data: bytes, rng: Random) -> bytes:
    begin, end = _span(data, rng)
    return data[:begin] + rng.choice(INTERESTING) + data[end:]


def _inserted(data: bytes, rng: Random) -> bytes:
    at = rng.randint(0, len(data))
    return data[:at] + rng.choice(INTERESTING) + data[at:]


def _random_bytes(data: bytes, rng: Random) -> bytes:
    at = rng.randint(0, len(data))
    return data[:at] + rng.randbytes(rng.randint(1, 4)) + data[at:]


def _deleted(data: bytes, rng: Random) -> bytes:
    begin, end = _span(data, rng)
    return data[:begin] + data[end:]


def _duplicated(data: bytes, rng: Random) -> bytes:
    begin, end = _span(data, rng)
    again = data[begin:end][:LONGEST_COPY] * rng.choice((1, 1, 1, 2, 30))
    return data[:end] + again + data[end:]


def _moved(data: bytes, rng: Random) -> bytes:
    begin, end = _span(data, rng)
    rest = data[:begin] + data[end:]
    at = rng.randint(0, len(rest))
    return rest[:at] + data[begin:end] + rest[at:]


def _truncated(data: bytes, rng: Random) -> bytes:
    return data[: rng.randint(0, len(data))]


def _beheaded(data: bytes, rng: Random) -> bytes:
    return data[rng.randint(0, len(data)) :]


def _encoded(data: bytes, rng: Random) -> bytes:
    return data.decode("utf-8", "replace").encode(rng.choice(ENCODINGS), "replace")


def _spliced(data: bytes, other: bytes, rng: Random) -> bytes:
    return data[: rng.randint(0, len(data))] + other[rng.randint(0, len(other)) :]


_COMMON: Final[tuple[Spoil, ...]] = (_flipped, _replaced, _inserted, _deleted, _duplicated)
_RARE: Final[tuple[Spoil, ...]] = (_random_bytes, _moved, _truncated, _beheaded, _encoded)
MUTATIONS: Final = (*_COMMON * 3, *_RARE)
