"""Healing a short history through Beam: what stands afterwards, run twice, crashed, refused."""

import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq
import pytest

from feature_repo.columns import EVENT_TIMESTAMP
from feature_repo.online import read_newest
from feature_repo.partitions import day_folder, files, generations, streamed
from feature_repo.store import apply, open_store
from pipelines.archive.bins import Bin
from pipelines.archive.compaction import FEW
from pipelines.archive.days import DAY_MS, Days, start_ms
from pipelines.batch.backfill import OPEN_MS, BackfillRequest
from pipelines.batch.bin_rows import recomputed_rows, stored_rows
from pipelines.batch.nightly import backfill, dry_run, only_one
from pipelines.batch.source import archived, recorded
from pipelines.cli.main import main
from pipelines.core.errors import EqmError, InputError, StackError
from pipelines.core.settings import Settings
from pipelines.sources.recording import Stream
from schemas.windows import PHASES
from tests.unit.batch import history
from tests.unit.batch.history import FIRST_DAY, SECOND_DAY
from tests.unit.batch.test_recomputed import same

NOW_MS = start_ms(SECOND_DAY) + 2 * DAY_MS
DAYS = Days(date.fromisoformat(FIRST_DAY), date.fromisoformat(SECOND_DAY))
PEOPLE = history.people(2)


def some_late(stream: Stream) -> np.ndarray:
    """What the first person's sensors gave in the thirty seconds around midnight came too late."""
    return np.abs(stream.timestamp_ms - start_ms(SECOND_DAY)) < 15_000


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = Settings(home=tmp_path / "home")
    history.write_archive(found.archive_folder, PEOPLE, late=some_late)
    history.write_streamed(found.features_folder, found.archive_folder)
    apply("local", found.feast_folder)
    return found


def request(settings: Settings, **changes: object) -> BackfillRequest:
    asked = {"days": DAYS, "offline": settings.features_folder, "now_ms": NOW_MS, "phases": PHASES}
    return BackfillRequest(**{**asked, **changes})  # type: ignore[arg-type]


def run(settings: Settings, **changes: object) -> dict[str, dict[str, int]]:
    summary = backfill(settings, request(settings, **changes), archived(settings.archive_folder))
    return {day["day"]: day for day in summary["days"]}


def days_bins() -> Iterator[Bin]:
    return (Bin(start_ms(day), start_ms(day) + DAY_MS) for day in DAYS)


def stored(settings: Settings) -> pa.Table:
    return pa.concat_tables([stored_rows(settings.features_folder, part) for part in days_bins()])


def whole(settings: Settings, phases: int = PHASES) -> pa.Table:
    return pa.concat_tables([recomputed_rows(settings.archive_folder, part, phases) for part in days_bins()])


def contents(settings: Settings) -> dict[str, bytes]:
    """Bytes of all rows, whichever generation they are of."""
    return {f"{file.parent.parent.name}/{file.name}": file.read_bytes() for file in files(settings.features_folder)}


def test_late_readings_are_healed_counted_and_listed(settings: Settings) -> None:
    before = stored(settings)
    planned = dry_run(request(settings), archived(settings.archive_folder))
    assert same(stored(settings), before)
    days = run(settings)
    assert same(stored(settings), whole(settings))
    assert sum(day["late"] for day in days.values()) > 0
    assert days[FIRST_DAY]["new"] + days[SECOND_DAY]["new"] == whole(settings).num_rows - before.num_rows
    for day in planned["days"]:
        done = days[day["day"]]
        assert 0 < done["changed"] + done["new"] <= day["touched_by_late"]
        assert day["windows"] == done["same"] + done["changed"] + done["new"]
    listed = csv.read_csv(settings.home / "backfill" / "changes.csv")
    assert listed.num_rows == sum(day["changed"] + day["new"] for day in days.values())
    assert [streamed(day_folder(settings.features_folder, day)) for day in DAYS] == [[], []]


def test_a_second_run_changes_no_byte(settings: Settings) -> None:
    run(settings)
    once = contents(settings)
    assert {day["state"] for day in run(settings).values()} == {"unchanged"}
    assert contents(settings) == once
    days = run(settings, again=True)
    assert {day["state"] for day in days.values()} == {"recompute"}
    assert contents(settings) == once
    assert len(generations(day_folder(settings.features_folder, FIRST_DAY))) == 1


def test_the_archive_is_compacted_before_days_are_planned(settings: Settings) -> None:
    """So the next night finds what the last one made a day from."""
    place = day_folder(settings.archive_folder, SECOND_DAY)
    whole_day = pq.read_table(place / "part-0", partitioning=None)
    for number in range(FEW + 1):
        pq.write_table(whole_day.slice(number * 100, 100), place / f"part-1-{number}")
    pq.write_table(whole_day.slice((FEW + 1) * 100), place / "part-0")
    summary = backfill(settings, request(settings), archived(settings.archive_folder))
    assert summary["compacted"] == [{"day": SECOND_DAY, "before": FEW + 2, "after": 1}]
    assert same(stored(settings), whole(settings))
    assert {day["state"] for day in run(settings).values()} == {"unchanged"}


def test_windows_of_which_the_stream_may_hold_readings_are_left_to_it(settings: Settings) -> None:
    shutil.rmtree(settings.features_folder)
    at = {"now_ms": start_ms(SECOND_DAY) + OPEN_MS + 60_000, "held_ms": 90_000}
    days = run(settings, **at)
    assert days[FIRST_DAY]["new"] > 0
    ends = stored(settings)[EVENT_TIMESTAMP].cast(pa.int64()).to_numpy()
    assert start_ms(SECOND_DAY) - 35_000 < ends.max() <= start_ms(SECOND_DAY) - 30_000


def test_another_archive_is_only_read(settings: Settings, tmp_path: Path) -> None:
    other = shutil.copytree(settings.archive_folder, tmp_path / "other")
    for number in range(FEW):
        shutil.copy(day_folder(other, FIRST_DAY) / "part-0", day_folder(other, FIRST_DAY) / f"part-1-{number}")
    assert backfill(settings, request(settings), archived(other))["compacted"] == []
    assert len(list(day_folder(other, FIRST_DAY).iterdir())) == FEW + 1


def test_what_the_stream_writes_later_counts_beside_what_was_recomputed(settings: Settings) -> None:
    run(settings)
    rows = pq.read_table(files(settings.features_folder, [SECOND_DAY])[0])
    fewer = rows.set_column(rows.schema.get_field_index("samples"), "samples", pa.array(np.ones(rows.num_rows, int)))
    newer = rows.slice(0, 1).set_column(0, "user_id", pa.array(["later"]))
    place = day_folder(settings.features_folder, SECOND_DAY)
    pq.write_table(pa.concat_tables([fewer, newer]), place / "part-9")
    found = stored_rows(settings.features_folder, Bin(start_ms(SECOND_DAY), start_ms(SECOND_DAY) + DAY_MS))
    assert found.num_rows == rows.num_rows + 1
    assert same(found.filter(pa.compute.not_equal(found["user_id"], "later")), rows)
    days = run(settings)
    assert (days[FIRST_DAY]["state"], days[SECOND_DAY]["state"]) == ("unchanged", "recompute")
    assert days[SECOND_DAY]["kept"] == 1
    assert stored(settings).num_rows == whole(settings).num_rows + 1


def test_rows_of_another_number_of_phases_give_way_and_are_said(settings: Settings) -> None:
    archive, offline = settings.archive_folder, settings.features_folder
    shutil.rmtree(offline)
    before = history.write_streamed(offline, archive, phases=1)
    days = run(settings)
    assert same(stored(settings), whole(settings))
    assert sum(day["superseded"] for day in days.values()) == before.num_rows
    assert sum(day["new"] for day in days.values()) == whole(settings).num_rows
    listed = csv.read_csv(settings.home / "backfill" / "changes.csv")
    assert listed["change"].to_pylist().count("superseded") == before.num_rows
    assert {day["state"] for day in run(settings).values()} == {"unchanged"}
    days = run(settings, phases=10)
    assert {day["state"] for day in days.values()} == {"recompute"}
    assert same(stored(settings), whole(settings, 10))
    assert sum(day["superseded"] for day in days.values()) > 0


def test_rows_of_other_phases_stay_where_the_archive_has_lost_their_readings(settings: Settings) -> None:
    shutil.rmtree(settings.features_folder)
    before = history.write_streamed(settings.features_folder, settings.archive_folder, phases=1)
    gone = PEOPLE[1].user_id
    shutil.rmtree(settings.archive_folder)
    history.write_archive(settings.archive_folder, PEOPLE[:1], late=some_late)
    days = run(settings, max_user_share=1.0)
    theirs = before.filter(pa.compute.equal(before["user_id"], gone))
    assert sum(day["kept"] for day in days.values()) == theirs.num_rows
    assert sum(day["superseded"] for day in days.values()) == before.num_rows - theirs.num_rows
    found = stored(settings)
    assert same(found.filter(pa.compute.equal(found["user_id"], gone)), theirs)


def test_windows_that_may_still_be_open_are_left_to_the_stream(settings: Settings) -> None:
    now_ms = start_ms(SECOND_DAY) + OPEN_MS - 1
    before = stored_rows(settings.features_folder, Bin(start_ms(SECOND_DAY), start_ms(SECOND_DAY) + DAY_MS))
    days = run(settings, now_ms=now_ms, days=DAYS)
    assert days[FIRST_DAY]["changed"] + days[FIRST_DAY]["new"] > 0
    assert days[SECOND_DAY]["changed"] + days[SECOND_DAY]["new"] == 0
    assert days[SECOND_DAY]["kept"] == before.num_rows
    assert run(settings)[SECOND_DAY]["changed"] > 0


def test_a_torn_file_leaves_the_old_rows_and_is_named(settings: Settings) -> None:
    before, rows = contents(settings), stored(settings)
    torn = settings.archive_folder / f"day={SECOND_DAY}" / "part-1"
    torn.write_bytes((torn.parent / "part-0").read_bytes()[:-100])
    with pytest.raises(InputError, match="part-1 is no readable Parquet"):
        run(settings)
    assert contents(settings) == before
    torn.unlink()
    run(settings)
    assert not same(stored(settings), rows)


def test_a_page_that_is_torn_inside_leaves_the_old_rows_and_names_the_day(settings: Settings) -> None:
    before = contents(settings)
    file = settings.archive_folder / f"day={SECOND_DAY}" / "part-0"
    damaged = bytearray(file.read_bytes())
    offset = pq.ParquetFile(file).metadata.row_group(0).column(3).data_page_offset
    damaged[offset : offset + 40] = b"\xff" * 40
    file.write_bytes(bytes(damaged))
    with pytest.raises(EqmError, match=f"{SECOND_DAY}.*restore the file"):
        run(settings)
    assert contents(settings) == before


def test_after_a_crash_finished_bins_are_not_done_again(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> Path:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("pipelines.batch.backfill.settle", crash)
        with pytest.raises(KeyboardInterrupt):
            run(settings)
    staged = sorted(settings.features_folder.rglob(".staging-*/at-*.parquet"))
    assert len(staged) == 2
    before = {file.name: file.stat().st_mtime_ns for file in staged}
    run(settings)
    assert {file.name: file.stat().st_mtime_ns for file in files(settings.features_folder)} == before
    assert same(stored(settings), whole(settings))


def test_the_online_store_keeps_what_is_fresher(settings: Settings) -> None:
    run(settings)
    store = open_store("local", settings.feast_folder)
    users = [person.user_id for person in PEOPLE]
    newest = [row.event_timestamp_ms for row in read_newest(store, "window_features", users) if row]
    rows = stored(settings)
    ends = dict(zip(rows["user_id"].to_pylist(), rows["event_timestamp"].cast(pa.int64()).to_pylist(), strict=True))
    assert newest == [ends[user] for user in users]
    run(settings, days=Days(DAYS.first, DAYS.first), again=True)
    assert [row.event_timestamp_ms for row in read_newest(store, "window_features", users) if row] == newest


def test_every_night_that_a_day_tells_of_gets_its_baselines_once(settings: Settings) -> None:
    def nights(summary: dict[str, object]) -> list[str]:
        return [night["day"] for night in summary["baselines"]]  # type: ignore[attr-defined, index]

    source = archived(settings.archive_folder)
    assert nights(backfill(settings, request(settings), source)) == [FIRST_DAY, SECOND_DAY, "2026-03-02"]
    made = {file: file.stat().st_mtime_ns for file in settings.feast_folder.rglob("nightly.parquet")}
    assert len(made) == 3
    backfill(settings, request(settings), source)
    assert {file: file.stat().st_mtime_ns for file in made} == made
    history.write_archive(settings.archive_folder, history.people(3, seed=2)[2:], name="part-1")
    backfill(settings, request(settings), source)
    assert all(file.stat().st_mtime_ns > before for file, before in made.items())


def test_a_second_backfill_at_once_is_refused(settings: Settings) -> None:
    with only_one(settings.home / "backfill" / "lock"), pytest.raises(StackError, match="already runs as process"):
        run(settings)


def test_what_is_surely_wrong_is_refused(settings: Settings) -> None:
    empty = Days(date(2020, 1, 1), date(2020, 1, 2))
    with pytest.raises(InputError, match="no reading from 2020-01-01 to 2020-01-02"):
        run(settings, days=empty)
    with pytest.raises(InputError, match=r"dated \d+ s after now"):
        run(settings, now_ms=start_ms(SECOND_DAY))
    history.write_archive(settings.archive_folder, history.people(6, seconds=5), name="part-1")
    with pytest.raises(InputError, match=r"holds \d+% of all readings, with 6 users"):
        run(settings, max_user_share=0.3)
    table = pq.read_table(settings.archive_folder / f"day={SECOND_DAY}" / "part-0").drop_columns(["hr"])
    pq.write_table(table, settings.archive_folder / f"day={SECOND_DAY}" / "part-2")
    with pytest.raises(InputError, match="part-2: column hr must be double"):
        run(settings)


def test_a_day_with_one_reading_has_twelve_windows(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    one = history.people(1, seconds=1, start_ms=start_ms(SECOND_DAY) + 7_200_000)[0]
    source = one.streams[0]
    kept = type(source)(source.sensor_id, source.channels, source.timestamp_ms[:1], source.values[:1])
    history.write_archive(settings.archive_folder, [type(one)(one.user_id, (kept,))])
    apply("local", settings.feast_folder)
    days = run(settings, days=Days(DAYS.last, DAYS.last))
    assert days[SECOND_DAY]["new"] == days[SECOND_DAY]["windows"] == 12


def test_recordings_can_stand_in_for_the_archive(settings: Settings, tmp_path: Path) -> None:
    lines = tmp_path / "ann.jsonl"
    reading = {"timestamp": start_ms(SECOND_DAY), "user_id": "ann", "sensor_id": "w", "measurements": {"hr": 60}}
    wild = {**reading, "timestamp": start_ms(SECOND_DAY) + 1, "measurements": {"hr": 999}}
    lines.write_text("\n".join(map(json.dumps, (reading, wild))), encoding="utf-8")
    before = stored(settings)
    summary = backfill(settings, request(settings), recorded([lines], []))
    assert summary["left_out"] == {"out_of_range": 1}
    assert sum(day["new"] for day in summary["days"]) == 12
    assert stored(settings).num_rows == before.num_rows + 12
    assert not (settings.home / "backfill" / "ingested").exists()


def test_the_command_prints_its_summary(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["--home", str(settings.home), "backfill", "--from", FIRST_DAY, "--to", SECOND_DAY]
    assert main([*command, "--dry-run"]) == 0
    assert "nothing was written" in capsys.readouterr().out
    assert main([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["days"][0]["day"] == FIRST_DAY
    missing = str(settings.home / "nothing")
    assert main([*command, "--recordings", missing]) == 1
    assert missing in capsys.readouterr().err
    assert main([*command[:-1], "2020-01-01"]) == 1
    assert capsys.readouterr().err == f"eqm: --from {FIRST_DAY} is after --to 2020-01-01: exchange them\n"
