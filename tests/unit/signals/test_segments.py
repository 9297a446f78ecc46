import numpy as np
import pytest

from tests.unit.signals.drawn import series

RAGGED = series([], [(0, 3.0), (10, 1.0)], [], [(5, 4.0)], [])
NAN = np.nan


@pytest.mark.parametrize(
    ("reduction", "expected"),
    [
        ("total", [0, 4, 0, 4, 0]),
        ("smallest", [NAN, 1, NAN, 4, NAN]),
        ("greatest", [NAN, 3, NAN, 4, NAN]),
        ("first", [NAN, 3, NAN, 4, NAN]),
    ],
)
def test_reductions_stay_within_windows_and_know_empty_ones(reduction: str, expected: list[float]) -> None:
    np.testing.assert_array_equal(getattr(RAGGED, reduction)(RAGGED.value), expected)
    empty = series([], [])
    nothing = [0.0, 0.0] if reduction == "total" else [NAN, NAN]
    np.testing.assert_array_equal(getattr(empty, reduction)(empty.value), nothing)


def test_rows_and_seconds() -> None:
    assert RAGGED.row.tolist() == [1, 1, 3]
    assert RAGGED.follows.tolist() == [True, False]
    assert series([(59_999, 1.0)], [(0, 1.0)]).second.tolist() == [59, 60]


def test_within_keeps_both_bounds_and_the_windows() -> None:
    kept = RAGGED.within((1.0, 3.0))
    assert kept.offsets.tolist() == [0, 0, 2, 2, 2, 2]
    assert kept.value.tolist() == [3.0, 1.0]
    assert RAGGED.within((0.0, 9.0)) is RAGGED
