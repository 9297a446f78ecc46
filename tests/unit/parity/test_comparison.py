"""Two tables compared: what is counted, and that no cut into parts changes it."""

import math
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.features.compute import VECTOR_NAMES
from pipelines.parity.comparison import ColumnDifferences, ComparedRows, RowComparison, Window, Worst, compare, total
from schemas.windows import HOP_MS, WINDOW_MS
from tests.unit.batch.history import window_rows

Row = tuple[str, int, int, float, float]
"""User, number of the window, samples, hr_mean, eda_scl."""

USERS = ("ann", "bob", "Zoë")


def table(rows: Sequence[Row]) -> pa.Table:
    starts = np.array([HOP_MS * row[1] for row in rows], dtype=np.int64)
    return window_rows(
        user_id=[row[0] for row in rows],
        event_timestamp=pa.array(starts + WINDOW_MS).cast(pa.timestamp("ms")),
        window_start_ms=starts,
        samples=[row[2] for row in rows],
        hr_mean=np.array([row[3] for row in rows], dtype=float),
        eda_scl=np.array([row[4] for row in rows], dtype=float),
    )


def column(found: RowComparison, name: str) -> ColumnDifferences:
    return found.columns[VECTOR_NAMES.index(name)]


ROWS: list[Row] = [("ann", 1, 60, 70.0, math.nan), ("ann", 2, 61, 71.0, 2.0), ("bob", 1, 62, 72.0, 3.0)]


def test_a_table_equals_itself_in_any_order() -> None:
    assert compare(table(ROWS), table(ROWS[::-1]), tolerance=0.0) == RowComparison(compared=3)


def test_nothing_against_nothing_is_nothing() -> None:
    assert compare(table([]), table([]), tolerance=0.0) == RowComparison()


def test_a_changed_number_is_found_with_its_column_user_and_window() -> None:
    changed = [*ROWS[:1], ("ann", 2, 61, 71.5, 2.0), *ROWS[2:]]
    found = compare(table(changed), table(ROWS), tolerance=1e-9)
    window = Window(2 * HOP_MS, "ann")
    assert (found.missing, found.extra, found.differing_samples) == (ComparedRows(), ComparedRows(), ComparedRows())
    assert found.differing == ComparedRows(1, window)
    worst = Worst(0.5 / 71.5, window, stored=71.5, recomputed=71.0)
    assert found.worst_columns() == [("hr_mean", ColumnDifferences(1, 0, 0.5, worst))]


def test_rows_of_one_side_are_missing_or_extra() -> None:
    found = compare(table(ROWS[:2]), table(ROWS[1:]), tolerance=0.0)
    assert found == RowComparison(
        1, missing=ComparedRows(1, Window(HOP_MS, "bob")), extra=ComparedRows(1, Window(HOP_MS, "ann"))
    )


@pytest.mark.parametrize("swapped", [False, True])
def test_a_number_on_one_side_alone_is_a_mismatch_whatever_the_tolerance(swapped: bool) -> None:
    one, other = table([("ann", 1, 60, math.nan, math.nan)]), table([("ann", 1, 60, 70.0, math.nan)])
    found = compare(other, one, tolerance=1e9) if swapped else compare(one, other, tolerance=1e9)
    sides = (70.0, None) if swapped else (None, 70.0)
    assert found.worst_columns() == [
        ("hr_mean", ColumnDifferences(1, 1, 0.0, Worst(math.inf, Window(HOP_MS, "ann"), *sides)))
    ]


@pytest.mark.parametrize(("tolerance", "mismatches"), [(0.5, 0), (0.49, 1)])
def test_a_difference_within_the_tolerance_is_shown_but_no_mismatch(tolerance: float, mismatches: int) -> None:
    found = compare(table([("ann", 1, 60, 1.0, 2.0)]), table([("ann", 1, 60, 2.0, 2.0)]), tolerance=tolerance)
    assert (column(found, "hr_mean").mismatches, found.differing.count) == (mismatches, mismatches)
    assert column(found, "hr_mean").largest_relative == 0.5


def test_other_samples_differ_even_where_numbers_agree() -> None:
    found = compare(table([("ann", 1, 59, 70.0, 2.0)]), table([("ann", 1, 60, 70.0, 2.0)]), tolerance=0.0)
    assert found.differing_samples == found.differing == ComparedRows(1, Window(HOP_MS, "ann"))
    assert not found.worst_columns()


numbers = st.sampled_from([math.nan, 0.0, -0.0, 1.0, 1.0 + 1e-12, 2.0, -3.0, math.inf])
keys = st.tuples(st.sampled_from(USERS), st.integers(1, 4))
sides = st.dictionaries(keys, st.tuples(st.integers(1, 2), numbers, numbers), max_size=9)


def rows(side: dict[tuple[str, int], tuple[int, float, float]]) -> list[Row]:
    return [(*key, *values) for key, values in side.items()]


@settings(max_examples=40, deadline=None)
@given(sides, sides)
def test_counts_are_those_of_a_plain_loop(
    stored: dict[tuple[str, int], tuple[int, float, float]], again: dict[tuple[str, int], tuple[int, float, float]]
) -> None:
    found = compare(table(rows(stored)), table(rows(again)), tolerance=1e-9)
    shared = stored.keys() & again.keys()
    assert (found.compared, found.rows) == (len(shared), len(stored.keys() | again.keys()))
    assert (found.missing.count, found.extra.count) == (len(again.keys() - shared), len(stored.keys() - shared))
    for place, name in ((1, "hr_mean"), (2, "eda_scl")):
        unlike = [key for key in shared if not alike(stored[key][place], again[key][place])]
        assert column(found, name).mismatches == len(unlike)
        lonely = [key for key in unlike if math.isnan(stored[key][place]) or math.isnan(again[key][place])]
        assert column(found, name).one_sided == len(lonely)
    differ = [key for key in shared if stored[key][0] != again[key][0]]
    assert found.differing_samples.count == len(differ)


def alike(one: float, other: float) -> bool:
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    return math.isclose(one, other, rel_tol=1e-9)


@settings(max_examples=40, deadline=None)
@given(sides, sides, st.dictionaries(keys, st.integers(0, 2)), st.permutations(range(3)))
def test_no_cut_order_or_grouping_changes_the_sum(
    stored: dict[tuple[str, int], tuple[int, float, float]],
    again: dict[tuple[str, int], tuple[int, float, float]],
    cut: dict[tuple[str, int], int],
    order: list[int],
) -> None:
    def part(side: dict[tuple[str, int], tuple[int, float, float]], number: int) -> pa.Table:
        return table([row for row in rows(side) if cut.get(row[:2], 0) == number])

    whole = compare(table(rows(stored)), table(rows(again)), tolerance=1e-9)
    a, b, c = (compare(part(stored, number), part(again, number), tolerance=1e-9) for number in order)
    assert total([a, b, c]) == (a + b) + c == a + (b + c) == (c + b) + a == whole
    assert whole + RowComparison() == whole


def test_the_join_needs_each_window_once() -> None:
    twice = table([ROWS[0], ROWS[0]])
    with pytest.raises(ValueError, match="not unique"):
        compare(twice, twice, tolerance=0.0)
