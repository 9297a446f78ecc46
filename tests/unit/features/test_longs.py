"""Longs as Avro has them: back again, as fastavro has them, and nothing that is none."""

import io

import fastavro
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.features import longs

BOUND = 1 << 62
numbers = st.integers(-BOUND, BOUND - 1) | st.integers(-300, 300)


@given(st.lists(st.tuples(numbers, numbers, numbers), max_size=6))
def test_longs_come_back_and_are_those_of_fastavro(rows: list[tuple[int, int, int]]) -> None:
    given = np.array(rows, dtype=np.int64).reshape(-1, 3)
    written = longs.written(given)
    assert written == [b"".join(map(of_fastavro, row)) for row in rows]
    found, fit = longs.read(written, 3)
    np.testing.assert_array_equal(found, given)
    assert fit.all()
    assert len(fit) == len(rows)


def of_fastavro(number: int) -> bytes:
    written = io.BytesIO()
    fastavro.schemaless_writer(written, "long", number)
    return written.getvalue()


@given(st.lists(st.binary(max_size=12), max_size=6))
def test_any_bytes_are_read_as_a_loop_reads_them(rows: list[bytes]) -> None:
    found, fit = longs.read(rows, 2)
    expected = [slowly(row) for row in rows]
    assert fit.tolist() == [each is not None and len(each) == 2 for each in expected]
    assert found.tolist() == [each for each, fits in zip(expected, fit, strict=True) if fits]


def slowly(row: bytes) -> list[int] | None:
    """None where the row ends within a long, or has one that is too long."""
    found, held = [], b""
    for byte in row:
        held += bytes([byte])
        if byte < 0x80:
            if len(held) > longs.MOST_BYTES:
                return None
            zigzag = sum((each & 0x7F) << 7 * place for place, each in enumerate(held))
            found.append((zigzag >> 1) ^ -(zigzag & 1))
            held = b""
    return None if held else found


@pytest.mark.parametrize("row", [b"", b"\x80", b"\x02\x80", b"\x02", b"\x02\x02\x02", b"\x02" + b"\x80" * 9 + b"\x01"])
def test_a_row_of_another_number_of_longs_spoils_none_of_the_others(row: bytes) -> None:
    found, fit = longs.read([b"\x02\x04", row, b"\x06\x08"], 2)
    assert (found.tolist(), fit.tolist()) == ([[1, 2], [3, 4]], [True, False, True])
