"""Avro's longs, a batch at a time: zigzag, seven bits a byte, the lowest first, the eighth bit while more follow."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.core.arrays import Bools, Ints

MOST_BYTES: Final = 9
"""Of a long that is read: 63 bits, so that none overflows."""

_SHIFTS: Final = np.arange(0, 64, 7, dtype=np.uint64)
_SEVEN: Final = np.uint64(0x7F)
_MORE: Final = np.uint64(0x80)


def written(numbers: Ints) -> list[bytes]:
    """Each row of (n, k) numbers as the longs behind each other.

    >>> [row.hex() for row in written(np.array([[0, 64], [-1, -64]]))]
    ['008001', '017f']
    """
    zigzag = ((numbers << 1) ^ (numbers >> 63)).astype(np.uint64)
    groups = zigzag[..., None] >> _SHIFTS
    sizes = np.maximum((groups != 0).sum(axis=-1), 1)
    place = np.arange(len(_SHIFTS))
    groups = (groups & _SEVEN) | np.where(place < sizes[..., None] - 1, _MORE, np.uint64(0))
    flat = groups[place < sizes[..., None]].astype(np.uint8).tobytes()
    long = sizes.sum(axis=1)
    return [flat[end - size : end] for size, end in zip(long.tolist(), np.cumsum(long).tolist(), strict=True)]


def read(rows: Sequence[bytes], each: int) -> tuple[Ints, Bools]:
    """(m, each) longs of the m rows that hold just so many, none of more than `MOST_BYTES`; and which of all these are.

    >>> read([b"\\x00\\x80\\x01", b"\\x01", b"\\x01\\x80", b"\\x01\\x7f\\x00"], 2)
    (array([[ 0, 64]]), array([ True, False, False, False]))
    """
    sizes = np.fromiter(map(len, rows), np.int64, len(rows))
    flat = np.frombuffer(b"".join(rows), dtype=np.uint8)
    held = _stops_by_row(flat < _MORE, sizes) == each
    kept = [row for row, fits in zip(rows, held, strict=True) if fits]
    numbers, are_short = _numbers(np.frombuffer(b"".join(kept), dtype=np.uint8), each)
    held[held] = are_short
    return numbers, held


def _stops_by_row(is_last: NDArray[np.bool_], sizes: Ints) -> Ints:
    """How many longs end in each row; -1 where the row does not end with one."""
    before = np.concatenate(([0], np.cumsum(is_last)))
    ends = np.cumsum(sizes)
    found: Ints = before[ends] - before[ends - sizes]
    found[(sizes == 0) | (before[ends] == before[np.maximum(ends - 1, 0)])] = -1
    return found


def _numbers(flat: NDArray[np.uint8], each: int) -> tuple[Ints, Bools]:
    """All longs, (rows, each), of the rows that have no longer one; and which these are."""
    ends = np.flatnonzero(flat < _MORE) + 1
    begins = np.concatenate(([0], ends[:-1])) if len(ends) else ends
    sizes = ends - begins
    places = np.minimum(np.arange(len(flat)) - np.repeat(begins, sizes), MOST_BYTES)
    sevens = (flat & _SEVEN).astype(np.uint64) << _SHIFTS[places]
    zigzag = np.add.reduceat(sevens, begins) if len(flat) else sevens
    half = (zigzag >> np.uint64(1)).astype(np.int64)
    numbers: Ints = half ^ -(zigzag & np.uint64(1)).astype(np.int64)
    are_short = (sizes <= MOST_BYTES).reshape(-1, each).all(axis=1)
    return numbers.reshape(-1, each)[are_short], are_short
