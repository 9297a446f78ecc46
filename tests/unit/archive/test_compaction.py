"""Small files become large ones, and no reader ever misses a reading or has one twice."""

import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from feature_repo.partitions import day_folder, streamed
from pipelines.archive import compaction, listing, reader
from pipelines.archive.bins import Bin
from pipelines.archive.compaction import FEW, FILE_BYTES, Compacted, compact
from pipelines.archive.days import DAY_MS, start_ms
from pipelines.archive.listing import archive_files, read_listed
from pipelines.archive.survey import survey
from pipelines.core.errors import InputError

DAY = "2026-03-01"
BEGIN_MS = start_ms(DAY)
TOMORROW_MS = BEGIN_MS + DAY_MS
FILES = 20
ROWS = 50


def rows(number: int) -> pa.Table:
    """Of file `number`: readings of two minutes of their own, in no order; one in ten is late."""
    offset = np.random.default_rng(number).permutation(ROWS)
    columns = {
        "user_id": [f"user-{each % 3}" for each in offset],
        "sensor_id": ["wrist"] * ROWS,
        "timestamp_ms": BEGIN_MS + number * 120_000 + offset * 1_000,
        "hr": 60.0 + offset / 7,
        "late": offset % 10 == 0,
        "kafka_partition": pa.array([number % 2] * ROWS, pa.int32()),
        "kafka_offset": number * ROWS + offset,
    }
    return pa.table({f.name: columns.get(f.name, pa.nulls(ROWS, f.type)) for f in reader.SCHEMA}, schema=reader.SCHEMA)


def add(archive: Path, number: int) -> Path:
    place = day_folder(archive, DAY)
    place.mkdir(parents=True, exist_ok=True)
    file = place / f"part-{number * 7919 % 1000:03d}-{number}"
    pq.write_table(rows(number), file, use_dictionary=False)
    return file


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    for number in range(FILES):
        add(tmp_path / "archive", number)
    return tmp_path / "archive"


def readings(archive: Path) -> pa.Table:
    """All that readers get, in one order."""
    table = pa.concat_tables([pq.read_table(file, partitioning=None) for file in archive_files(archive, DAY)])
    return table.sort_by([("kafka_partition", "ascending"), ("kafka_offset", "ascending")])


def done(archive: Path, *, file_bytes: int = FILE_BYTES) -> list[Compacted]:
    return compact(archive, [DAY], now_ms=TOMORROW_MS, file_bytes=file_bytes)


def test_a_day_becomes_one_file_of_the_same_rows(archive: Path) -> None:
    before, found = readings(archive), survey(archive, DAY, 20)
    assert done(archive) == [Compacted(DAY, FILES, 1)]
    assert readings(archive).equals(before)
    assert [file.name for file in day_folder(archive, DAY).iterdir()] == [archive_files(archive, DAY)[0].name]
    after = survey(archive, DAY, 20)
    assert (after.readings, after.late, after.windows, after.per_user) == (
        found.readings,
        found.late,
        found.windows,
        found.per_user,
    )
    assert done(archive) == [], "it is done"


def test_rows_stand_in_order_of_time(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the files are called: so a reader of some minutes passes over most of the file."""
    monkeypatch.setattr(compaction, "READINGS_AT_ONCE", 3 * ROWS)
    monkeypatch.setattr(compaction, "ROW_GROUP", ROWS)
    done(archive)
    (file,) = archive_files(archive, DAY)
    at_ms = pq.read_table(file, partitioning=None)["timestamp_ms"].to_pylist()
    assert at_ms == sorted(at_ms)
    assert pq.ParquetFile(file).metadata.num_row_groups == FILES


def test_a_file_is_not_larger_than_asked_for(archive: Path) -> None:
    size = max(file.stat().st_size for file in archive_files(archive, DAY))
    before = readings(archive)
    assert done(archive, file_bytes=5 * size) == [Compacted(DAY, FILES, 4)]
    assert readings(archive).equals(before)


def test_large_files_stay_as_they_are(archive: Path) -> None:
    done(archive)
    (large,) = archive_files(archive, DAY)
    for number in range(FILES, FILES + FEW):
        add(archive, number)
    bytes_at_most = 2 * large.stat().st_size
    assert done(archive, file_bytes=bytes_at_most) == [], "so few may stay"
    add(archive, FILES + FEW)
    (merged,) = done(archive, file_bytes=bytes_at_most)
    assert merged.after < FEW
    assert large in archive_files(archive, DAY)


def test_today_is_left_to_the_stream(archive: Path) -> None:
    assert compact(archive, [DAY], now_ms=TOMORROW_MS - 1) == []
    assert len(archive_files(archive, DAY)) == FILES


def test_a_day_without_readings_is_passed_over(tmp_path: Path) -> None:
    assert done(tmp_path / "none") == []


def test_a_file_with_columns_of_another_version_is_left_alone(archive: Path) -> None:
    other = archive_files(archive, DAY)[3]
    pq.write_table(rows(3).append_column("altitude", pa.array([1.0] * ROWS)), other)
    assert done(archive) == [Compacted(DAY, FILES, 2)]
    assert "altitude" in pq.read_table(other, partitioning=None).column_names


def test_a_torn_file_stops_it_before_anything_is_changed(archive: Path) -> None:
    before = archive_files(archive, DAY)
    before[5].write_bytes(before[5].read_bytes()[:-9])
    with pytest.raises(InputError, match=before[5].name):
        done(archive)
    assert archive_files(archive, DAY) == before


class Killed(BaseException):
    """No cleaning up: nobody may catch it."""


def killed_at(step: int, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Ends the process, as it were, at the so-manieth change of the disk; gives how many there were."""
    taken = 0

    def counting(original: Callable[..., object]) -> Callable[..., object]:
        def instead(*given: object, **named: object) -> object:
            nonlocal taken
            taken += 1
            if taken == step:
                raise Killed
            return original(*given, **named)

        return instead

    for name in ("rename", "unlink", "write_text"):
        monkeypatch.setattr(Path, name, counting(getattr(Path, name)))
    for name in ("_write", "_keep"):
        monkeypatch.setattr(compaction, name, counting(getattr(compaction, name)))
    return lambda: taken


STEPS = 2 + 2 + 2 + FILES + 1 + 1
"""The rows, the note, the name, each kept on disk; what was replaced away, that kept; the note away."""


@pytest.mark.parametrize("step", range(1, STEPS + 1))
def test_a_crash_at_any_step_changes_nothing_for_a_reader(
    archive: Path, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = readings(archive)
    with monkeypatch.context() as patched:
        killed_at(step, patched)
        with pytest.raises(Killed):
            done(archive)
    assert readings(archive).equals(before)
    assert reader.open_archive(archive).count_rows() == before.num_rows
    assert sum(reader.counts(archive)) == before.num_rows
    done(archive)
    assert readings(archive).equals(before)
    assert len(list(day_folder(archive, DAY).iterdir())) == 1, "what the crash left is gone"


def test_every_step_was_tried(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = killed_at(0, monkeypatch)
    done(archive)
    assert taken() == STEPS


def test_half_a_file_is_no_file(archive: Path) -> None:
    before = readings(archive)
    (day_folder(archive, DAY) / ".compacted-0123456789abcdef").write_bytes(b"half a file")
    assert readings(archive).equals(before)
    done(archive)
    assert [file.name[0] for file in day_folder(archive, DAY).iterdir()] == ["c"]


def test_readers_race_with_compactions(archive: Path) -> None:
    """New files come and are merged, again and again, while others read: always all that had come, each once."""
    come = [FILES]
    stopped = threading.Event()
    faults: list[BaseException] = []
    whole = Bin(BEGIN_MS, TOMORROW_MS)

    def merge() -> None:
        try:
            while not stopped.is_set():
                for _ in range(FEW + 1):
                    add_whole(archive, come[0])
                    come[0] += 1
                done(archive)
        except BaseException as fault:
            faults.append(fault)

    def add_whole(archive: Path, number: int) -> None:
        place = day_folder(archive, DAY)
        pq.write_table(rows(number), place / f".part-{number}")
        (place / f".part-{number}").rename(place / f"part-{number}")

    thread = threading.Thread(target=merge)
    thread.start()
    try:
        for _ in range(60):
            least = come[0]
            found = sum(len(samples) for _, samples in reader.samples_by_user(archive, whole))
            counted, surveyed = sum(reader.counts(archive)), survey(archive, DAY, 20).readings
            most = come[0] + 1
            for each in (found, counted, surveyed):
                assert each % ROWS == 0
                assert least <= each // ROWS <= most
    finally:
        stopped.set()
        thread.join()
    assert not faults
    assert sum(reader.counts(archive)) == come[0] * ROWS


def test_a_listing_in_which_files_are_exchanged_is_made_again(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may have seen neither the new file nor all of those that were replaced."""
    whole = streamed(day_folder(archive, DAY))
    seen = iter([whole[:3], whole[:5], whole, whole])
    monkeypatch.setattr(listing, "streamed", lambda _: next(seen))
    assert archive_files(archive, DAY) == whole


def test_files_that_always_vanish_are_an_error_of_one_line() -> None:
    def read() -> None:
        raise FileNotFoundError("part-0")

    with pytest.raises(InputError, match="files vanish from the archive"):
        read_listed(read)


def test_neighbours_are_not_mixed_up(archive: Path) -> None:
    """The files of a group follow each other in time."""
    size = max(file.stat().st_size for file in archive_files(archive, DAY))
    done(archive, file_bytes=5 * size)
    tables = [pq.read_table(file, partitioning=None)["timestamp_ms"].to_numpy() for file in archive_files(archive, DAY)]
    assert all(one.max() < other.min() for one, other in pairwise(sorted(tables, key=lambda each: each.min())))
