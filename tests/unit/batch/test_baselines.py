"""A night's baselines through Beam: of which windows, in which rows, run twice, refused."""

import shutil
from collections.abc import Sequence
from functools import reduce
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from feature_repo.columns import EVENT_TIMESTAMP, USER_BASELINE
from feature_repo.online import read_newest
from feature_repo.partitions import day_folder, files
from feature_repo.store import apply, open_store
from pipelines.archive.days import DAY_MS, day_of, start_ms
from pipelines.baselines.resting import LEAST_AT_REST, STILL_G, Rest, moments
from pipelines.baselines.rows import Baseline, baseline_rows, write_online
from pipelines.batch.baselines import BaselineSummary, RestOfDay, joined, refresh_baselines, rests, stretches
from pipelines.core.errors import InputError, SettingsError
from pipelines.core.settings import Settings
from schemas.channels import CHANNELS
from schemas.feature_table import FEATURES
from schemas.windows import HOP_MS, WINDOW_MS
from tests.unit.batch import history

DAY = "2026-03-01"
MIDNIGHT_MS = start_ms(DAY) + DAY_MS
ENOUGH = LEAST_AT_REST
ZEROS = {f"{what}_{channel.name}": 0.0 for what in ("coverage", "quality") for channel in CHANNELS}
SEEN = {"quality_hr": 1.0, "quality_acc_x": 1.0}
STILL = {**SEEN, "acc_mag_std": STILL_G / 2}


def windows(user: str, heart_rates: Sequence[float], *, first_end_ms: int, **others: float) -> pa.Table:
    """Consecutive windows of a user; of each, its heart rate and what they have in common."""
    count = len(heart_rates)
    ends = first_end_ms + np.arange(count) * HOP_MS
    common = {name: np.full(count, value) for name, value in {**ZEROS, **others}.items()}
    return history.window_rows(
        user_id=[user] * count,
        event_timestamp=pa.array(ends, pa.timestamp("ms")),
        window_start_ms=ends - WINDOW_MS,
        samples=np.full(count, 100),
        hr_mean=np.asarray(heart_rates, dtype=float),
        **common,
    )


def write(settings: Settings, *tables: pa.Table, name: str = "part-0") -> None:
    rows = pa.concat_tables(tables)
    history.write_by_day(settings.features_folder, rows, rows[EVENT_TIMESTAMP].cast(pa.int64()).to_numpy(), name)


def rising(count: int, first: float) -> np.ndarray:
    return first + np.arange(count, dtype=float)


def week() -> list[pa.Table]:
    """Of `ann` the window of the first instant that counts, some of the last evening, and one of each side of both."""
    first_ms = MIDNIGHT_MS - 7 * DAY_MS
    return [
        windows("ann", [1000.0, 60.0], first_end_ms=first_ms - HOP_MS, **STILL),
        windows("ann", rising(ENOUGH, 61), first_end_ms=MIDNIGHT_MS - ENOUGH * HOP_MS, **STILL),
        windows("ann", [2000.0], first_end_ms=MIDNIGHT_MS, **STILL),
        windows("ann", [3000.0], first_end_ms=first_ms + DAY_MS, **SEEN, acc_mag_std=STILL_G),
        windows("bob", rising(ENOUGH, 80), first_end_ms=MIDNIGHT_MS - 3 * DAY_MS, **SEEN),
        windows("cid", rising(ENOUGH, 80), first_end_ms=MIDNIGHT_MS - DAY_MS, **SEEN, acc_mag_std=STILL_G),
        windows("dan", rising(ENOUGH, 80), first_end_ms=MIDNIGHT_MS - DAY_MS),
        windows("eve", rising(ENOUGH - 1, 80), first_end_ms=MIDNIGHT_MS - DAY_MS, **STILL),
        windows("fay", [80.0], first_end_ms=MIDNIGHT_MS - DAY_MS, **STILL),
    ]


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("feast") / "feast"
    apply("local", folder)
    return folder


@pytest.fixture
def settings(applied: Path, tmp_path: Path) -> Settings:
    shutil.copytree(applied, tmp_path / "feast")
    found = Settings(home=tmp_path)
    write(found, *week())
    return found


def refresh(settings: Settings, *beam: str, day: str = DAY) -> BaselineSummary:
    """In this process alone, if nothing else is asked for."""
    return refresh_baselines(settings, day, now_ms=MIDNIGHT_MS, beam=beam or ("--direct_num_workers=1",))


def written(settings: Settings) -> list[Path]:
    return files(settings.feast_folder / "offline" / USER_BASELINE)


def row_of(settings: Settings, user: str) -> dict[str, float]:
    (file,) = written(settings)
    (row,) = [row for row in pq.read_table(file).to_pylist() if row["user_id"] == user]
    return row


def test_a_night(settings: Settings) -> None:
    done = refresh(settings)
    assert (done.users, done.online_rows, done.days) == (2, 2, 4)
    assert done.left_out == {"in_motion": 1, "little_signal": 1, "few_windows": 2}
    (file,) = written(settings)
    assert (file.parent.name, file.name) == (f"day={day_of(MIDNIGHT_MS)}", "nightly.parquet")
    ann, counted = row_of(settings, "ann"), rising(ENOUGH + 1, 60)
    assert ann[EVENT_TIMESTAMP].timestamp() * 1000 == MIDNIGHT_MS == done.event_timestamp_ms
    assert ann["baseline_windows"] == ENOUGH + 1, "windows at rest that end in the seven days before the midnight"
    assert ann["baseline_mean_hr_mean"] == pytest.approx(counted.mean(), rel=1e-12)
    assert ann["baseline_std_hr_mean"] == pytest.approx(counted.std(ddof=1), rel=1e-12)
    assert np.isnan(ann["baseline_mean_gsr_mean"])
    assert np.isnan(ann["baseline_std_gsr_mean"])
    assert row_of(settings, "bob")["baseline_windows"] == ENOUGH, "without an accelerometer"


def test_the_online_store_has_it_and_keeps_what_is_fresher(settings: Settings) -> None:
    refresh(settings)
    store = open_store("local", settings.feast_folder)
    rows = pq.read_table(written(settings)[0])
    later = pa.array([MIDNIGHT_MS + 1], pa.timestamp("ms"))
    fresher = rows.filter(pa.compute.equal(rows["user_id"], "ann")).set_column(1, EVENT_TIMESTAMP, later)
    assert write_online(store, fresher) == 1
    assert refresh(settings).online_rows == 1
    ann, bob = read_newest(store, USER_BASELINE, ["ann", "bob"])
    assert ann is not None
    assert bob is not None
    assert (ann.event_timestamp_ms, bob.event_timestamp_ms) == (MIDNIGHT_MS + 1, MIDNIGHT_MS)
    assert bob.values["baseline_mean_hr_mean"] == pytest.approx(80 + (ENOUGH - 1) / 2)


def test_again_and_on_more_workers_the_bytes_are_the_same(settings: Settings) -> None:
    refresh(settings)
    before = written(settings)[0].read_bytes()
    for beam in ("--direct_num_workers=1", "--direct_running_mode=multi_threading"):
        refresh(settings, beam)
        assert [file.read_bytes() for file in written(settings)] == [before]


def test_a_night_done_again_replaces_all_of_it(settings: Settings) -> None:
    refresh(settings)
    place = written(settings)[0].parent
    (place / "enrolled-1-x.parquet").write_bytes(b"of another writer")
    shutil.rmtree(settings.features_folder)
    write(settings, windows("gus", rising(ENOUGH, 50), first_end_ms=MIDNIGHT_MS - DAY_MS, **STILL))
    assert refresh(settings).users == 1
    assert pq.read_table(place / "nightly.parquet")["user_id"].to_pylist() == ["gus"]
    assert sorted(file.name for file in place.iterdir()) == ["enrolled-1-x.parquet", "nightly.parquet"]


def test_of_two_rows_of_a_window_one_counts(settings: Settings) -> None:
    refresh(settings)
    before = repr(pq.read_table(written(settings)[0]).to_pylist())
    poorer = windows("ann", rising(ENOUGH, 500), first_end_ms=MIDNIGHT_MS - ENOUGH * HOP_MS, **STILL)
    column = poorer.schema.get_field_index("samples")
    write(settings, poorer.set_column(column, "samples", pa.array([99] * ENOUGH)), name="part-1")
    refresh(settings)
    assert repr(pq.read_table(written(settings)[0]).to_pylist()) == before


def test_without_any_history(settings: Settings) -> None:
    shutil.rmtree(settings.features_folder)
    done = refresh(settings)
    assert (done.users, done.days, done.left_out) == (0, 0, {})
    assert pq.read_table(written(settings)[0]).num_rows == 0


def test_a_day_that_has_not_ended_is_refused(settings: Settings) -> None:
    with pytest.raises(SettingsError, match=f"{day_of(MIDNIGHT_MS)} has not ended"):
        refresh(settings, day=day_of(MIDNIGHT_MS))
    assert written(settings) == []


def test_a_torn_file_is_named_and_the_old_night_stays(settings: Settings) -> None:
    refresh(settings)
    before = written(settings)[0].read_bytes()
    torn = day_folder(settings.features_folder, DAY) / "part-torn"
    torn.write_bytes(b"PAR1")
    with pytest.raises(InputError, match="part-torn"):
        refresh(settings)
    assert [file.read_bytes() for file in written(settings)] == [before]


@pytest.mark.parametrize("at_once", [1, 7, 30, 10**6])
def test_a_day_is_read_in_parts_of_bounded_size(settings: Settings, at_once: int) -> None:
    parts = stretches(settings.features_folder, DAY, at_once=at_once)
    assert (parts[0].first_ms, parts[-1].last_ms) == (MIDNIGHT_MS - DAY_MS, MIDNIGHT_MS)
    assert all(one.last_ms == other.first_ms for one, other in pairwise(parts))
    rows = pq.ParquetFile(files(settings.features_folder, [DAY])[0]).read()
    ends = rows[EVENT_TIMESTAMP].cast(pa.int64()).to_numpy()
    held = [int(((ends >= part.first_ms) & (ends < part.last_ms)).sum()) for part in parts]
    a_minute = max(np.bincount((ends - parts[0].first_ms) // 60_000))
    assert sum(held) == len(ends)
    assert max(held) < at_once + a_minute


def test_the_parts_of_a_day_make_the_day(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    work = RestOfDay(settings.features_folder)
    whole = {user: rest for user, (_, rest) in work(DAY)}
    cut = stretches(settings.features_folder, DAY, at_once=7)
    monkeypatch.setattr("pipelines.batch.baselines.stretches", lambda *_: cut)
    found = {user: rest for user, (_, rest) in work(DAY)}
    assert list(found) == list(whole) == sorted(whole)
    for user, rest in found.items():
        np.testing.assert_array_equal(rest.moments.count, whole[user].moments.count)
        np.testing.assert_allclose(rest.moments.mean, whole[user].moments.mean, rtol=1e-12)
        np.testing.assert_allclose(rest.moments.std, whole[user].moments.std, rtol=1e-9)


def test_days_are_joined_in_their_order() -> None:
    source = np.random.default_rng(1)
    days = [windows("ann", source.normal(70, 9, n), first_end_ms=MIDNIGHT_MS, **STILL) for n in range(3, 30, 4)]
    parts = [(f"2026-03-{n:02d}", next(rests(rows))[1]) for n, rows in enumerate(days, start=1)]
    level = joined(("ann", parts))[1].moments
    turned = joined(("ann", parts[::-1]))[1].moments
    np.testing.assert_array_equal(turned.centre, level.centre)
    np.testing.assert_array_equal(turned.squares, level.squares)
    other = reduce(Rest.joined, [rest for _, rest in parts[::-1]]).moments
    assert (other.squares != level.squares).any(), "the order shows"


def test_rows_stand_by_user_in_whatever_order_they_come() -> None:
    level = moments(np.zeros((2, len(FEATURES))))
    rows = baseline_rows([Baseline(user, 2, level) for user in "bca"], MIDNIGHT_MS)
    assert rows["user_id"].to_pylist() == ["a", "b", "c"]
