"""Planted leaks: what was written later than a window's end is never joined to it."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from feature_repo.columns import EVENT_TIMESTAMP, JOIN_KEY, USER_BASELINE, WINDOW_FEATURES
from feature_repo.folders import offline_folder
from feature_repo.offline_schema import arrow_schema
from feature_repo.retrieval import historical
from feature_repo.store import open_store
from models.core.data_card import SPLITS
from models.datasets.training_set import columns
from pipelines.archive.days import day_of
from schemas.feature_table import FEATURE_NAMES
from schemas.windows import PHASES, user_phase_ms
from tests.unit.batch.history import START_MS, write_by_day
from tests.unit.batch.training_set.conftest import PEOPLE, SECONDS, Home, half_and_half

PLANTED = 1e9
MIDDLE_MS = START_MS + 1000 * SECONDS // 2
END_MS = MIDDLE_MS + user_phase_ms("sim-000", PHASES)
"""A window of this user ends there."""
USERS = [f"sim-{number:03d}" for number in range(PEOPLE)]


def write_baseline(home: Home, known_ms: int, value: float) -> None:
    """A baseline of everybody, known from a moment on."""
    columns = {name: [value] * PEOPLE for name in arrow_schema(USER_BASELINE).names}
    columns |= {JOIN_KEY: USERS, EVENT_TIMESTAMP: [known_ms] * PEOPLE, "baseline_windows": [99] * PEOPLE}
    rows = pa.table({name: columns[name] for name in arrow_schema(USER_BASELINE).names}).cast(
        arrow_schema(USER_BASELINE)
    )
    folder = offline_folder(home.folder / "feast", USER_BASELINE)
    write_by_day(folder, rows, np.full(PEOPLE, known_ms), f"part-{known_ms}")


def plant_later_features(home: Home, by_ms: int) -> None:
    """A second row of every window, written later than it."""
    for day in {day_of(START_MS), day_of(START_MS + SECONDS * 1000)}:
        file = home.offline / f"day={day}" / "part-0"
        rows = pq.read_table(file)
        end_ms = rows[EVENT_TIMESTAMP].cast(pa.int64()).to_numpy() + by_ms
        columns = {name: rows[name] for name in rows.column_names if name in (JOIN_KEY, "samples")}
        columns |= {EVENT_TIMESTAMP: pa.array(end_ms, pa.timestamp("ms")), "window_start_ms": end_ms - 60_000}
        planted = {name: columns.get(name, np.full(len(end_ms), PLANTED)) for name in rows.column_names}
        pq.write_table(pa.table(planted, schema=rows.schema), file.with_name(f"part-later-{day}"))


def built(home: Home) -> pa.Table:
    home.build(half_and_half())
    return pa.concat_tables([pq.read_table(home.output / "rows" / f"{name}.parquet") for name in SPLITS])


def test_a_baseline_is_joined_from_the_moment_it_was_known(home: Home) -> None:
    write_baseline(home, MIDDLE_MS, 5.0)
    rows = built(home)
    known = rows["window_end_ms"].to_numpy() >= MIDDLE_MS
    assert 0 < known.sum() < rows.num_rows
    assert (rows["baseline_mean_hr_mean"].to_numpy() == 5.0).tolist() == known.tolist()
    assert (~np.isnan(rows["baseline_windows"].to_numpy())).tolist() == known.tolist()
    assert set(rows["baseline_windows"].to_numpy()[known]) == {99.0}


def test_rows_written_later_are_never_joined(home: Home) -> None:
    write_baseline(home, START_MS + (SECONDS + 60) * 1000, PLANTED)
    plant_later_features(home, 1)
    rows = built(home)
    assert rows.num_rows == PEOPLE * 42
    assert not (columns(rows, FEATURE_NAMES) == PLANTED).any()
    assert np.isnan(rows["baseline_mean_hr_mean"].to_numpy()).all()
    assert np.isnan(rows["baseline_windows"].to_numpy()).all()


def test_a_moment_without_a_row_of_its_own_gets_the_one_before_never_the_one_after(home: Home) -> None:
    write_baseline(home, END_MS, PLANTED)
    store = open_store("local", home.folder / "feast")
    moments = np.array([END_MS - 1, END_MS])
    found = historical(store, ["sim-000"] * 2, moments, (WINDOW_FEATURES, USER_BASELINE))
    end_ms = found["window_start_ms"].to_numpy() + 60_000
    assert end_ms.tolist() == [END_MS - 5_000, END_MS], "4,999 ms after the one, 1 ms before the other"
    assert np.isnan(found["baseline_std_hr_mean"][0])
    assert found["baseline_std_hr_mean"][1] == PLANTED
    (earlier,) = stored(home.offline, "sim-000", END_MS - 5_000)["hr_mean"].to_pylist()
    assert found["hr_mean"][0] == earlier


def stored(offline: Path, user: str, end_ms: int) -> pa.Table:
    rows = pa.concat_tables([pq.read_table(file) for file in sorted(offline.glob("day=*/part-0"))])
    return rows.filter(
        (pc.field(JOIN_KEY) == user) & (pc.field(EVENT_TIMESTAMP) == pa.scalar(end_ms, pa.timestamp("ms")))
    )
