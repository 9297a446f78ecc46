"""Which row stands after healing, and what is said of it."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import given
from hypothesis import strategies as st

from pipelines.batch.healing import healed
from schemas.windows import WINDOW_MS
from tests.unit.batch import history

Row = tuple[str, int, int, float]
"""user, window (its number), samples, hr_mean."""

ROWS = st.dictionaries(
    st.tuples(st.sampled_from(["ann", "bob", "cyd"]), st.integers(0, 4)),
    st.tuples(st.integers(1, 3), st.sampled_from([60.0, 61.0, np.nan])),
).map(lambda found: [(*key, *value) for key, value in sorted(found.items())])


def table(rows: list[Row]) -> pa.Table:
    users, windows, samples, hr = zip(*rows, strict=True) if rows else ((), (), (), ())
    start_ms = 1_700_000_000_000 + np.array(windows, dtype=np.int64) * 5_000
    return history.window_rows(
        user_id=pa.array(users, pa.string()),
        event_timestamp=pa.array(start_ms + WINDOW_MS).cast(pa.timestamp("ms")),
        window_start_ms=start_ms,
        samples=pa.array(samples, pa.int64()),
        hr_mean=np.array(hr, dtype=float),
    )


def rows(found: pa.Table) -> list[Row]:
    windows = (found["window_start_ms"].to_numpy() - 1_700_000_000_000) // 5_000
    columns = (
        found["user_id"].to_pylist(),
        windows.tolist(),
        found["samples"].to_pylist(),
        found["hr_mean"].to_pylist(),
    )
    return list(zip(*columns, strict=True))


def test_what_a_late_reading_changes() -> None:
    before = [("ann", 0, 9, 60.0), ("ann", 1, 9, 60.0), ("bob", 0, 7, 50.0)]
    after = [("ann", 0, 9, 60.0), ("ann", 1, 10, 61.0), ("ann", 2, 1, 62.0)]
    found = healed(table(before), table(after))
    assert rows(found.rows) == [*after, ("bob", 0, 7, 50.0)]
    assert found.counts() == {"same": 1, "new": 1, "changed": 1, "kept": 1, "superseded": 0}
    listed = found.changes.drop_columns(["window_start_ms"]).to_pylist()
    assert [tuple(each.values()) for each in listed] == [
        ("ann", "changed", 9, 10, 1),
        ("ann", "new", None, 1, 0),
        ("bob", "kept", 7, None, 0),
    ]


def test_a_row_of_which_the_archive_has_lost_readings_stays() -> None:
    found = healed(table([("ann", 0, 9, 60.0)]), table([("ann", 0, 8, 59.0)]))
    assert rows(found.rows) == [("ann", 0, 9, 60.0)]
    assert found.counts() == {"same": 0, "new": 0, "changed": 0, "kept": 1, "superseded": 0}


def test_a_row_of_an_older_contract_gives_way_however_much_it_measured() -> None:
    stored = table([("ann", 0, 9, 60.0), ("ann", 1, 9, 60.0)])
    place = stored.schema.get_field_index("unused_sources")
    older = stored.set_column(place, stored.schema.field(place), pa.nulls(2, pa.float64()))
    found = healed(older, table([("ann", 0, 8, 59.0)]))
    assert rows(found.rows) == [("ann", 0, 8, 59.0), ("ann", 1, 9, 60.0)]
    assert found.counts() == {"same": 0, "new": 0, "changed": 1, "kept": 1, "superseded": 0}


def test_windows_that_start_in_the_same_hop_are_not_one() -> None:
    stored = table([("ann", 0, 9, 60.0)])
    phased = pc.add(stored["window_start_ms"], 1_750)
    place = stored.schema.get_field_index("window_start_ms")
    later = pc.add(stored["event_timestamp"].cast(pa.int64()), 1_750).cast(pa.timestamp("ms"))
    after = stored.set_column(place, stored.schema.field(place), phased)
    at = stored.schema.get_field_index("event_timestamp")
    found = healed(stored, after.set_column(at, stored.schema.field(at), later.cast(stored.schema.field(at).type)))
    assert found.rows["window_start_ms"].to_pylist() == [1_700_000_000_000, 1_700_000_001_750]
    assert found.counts() == {"same": 0, "new": 1, "changed": 0, "kept": 1, "superseded": 0}


def test_rows_that_are_superseded_are_counted_and_listed() -> None:
    found = healed(table([]), table([("ann", 1, 9, 60.0)])).superseding(table([("ann", 0, 9, 60.0)]))
    assert rows(found.rows) == [("ann", 1, 9, 60.0)]
    assert found.counts() == {"same": 0, "new": 1, "changed": 0, "kept": 0, "superseded": 1}
    assert found.changes.to_pylist()[1] == {
        "user_id": "ann",
        "window_start_ms": 1_700_000_000_000,
        "change": "superseded",
        "samples_before": 9,
        "samples_after": None,
        "numbers_changed": 0,
    }


def test_missing_on_both_sides_is_the_same() -> None:
    assert healed(table([("ann", 0, 9, np.nan)]), table([("ann", 0, 9, np.nan)])).counts()["same"] == 1
    assert healed(table([("ann", 0, 9, np.nan)]), table([("ann", 0, 9, 1.0)])).counts()["changed"] == 1


@given(ROWS, ROWS)
def test_each_window_stands_once_with_the_row_that_measured_more(before: list[Row], after: list[Row]) -> None:
    found = healed(table(before), table(after))
    expected = {row[:2]: row for row in before}
    for row in after:
        if row[:2] not in expected or row[2] >= expected[row[:2]][2]:
            expected[row[:2]] = row
    assert repr(rows(found.rows)) == repr([expected[key] for key in sorted(expected)])
    assert found.same + found.changes.num_rows == found.rows.num_rows


@given(ROWS, ROWS)
def test_healing_again_changes_nothing(before: list[Row], after: list[Row]) -> None:
    once = healed(table(before), table(after)).rows
    again = healed(once, table(after))
    assert repr(rows(again.rows)) == repr(rows(once))
    assert again.counts()["changed"] == again.counts()["new"] == 0
