"""Archives made of recordings and of messages: what the stream would have archived, the same bytes each time."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from feature_repo.partitions import day_folder, days, streamed
from pipelines.archive.day_files import DayFiles
from pipelines.archive.reader import SCHEMA, footer
from pipelines.batch import ingest
from pipelines.batch import ingest as ingest_job
from pipelines.batch.ingest import IngestSummary, ingest_recordings, ingest_topic, parse_offsets
from pipelines.batch.topic_range import OffsetChunk, check_held
from pipelines.core.errors import InputError, SettingsError
from pipelines.replay.malformed import malformed
from pipelines.replay.messages import in_event_time
from schemas.reasons import Quarantined
from schemas.topics import READINGS
from tests.unit.batch import history
from tests.unit.batch.history import FIRST_DAY, SECOND_DAY

LOCAL = PipelineOptions([])
GOOD = dict.fromkeys((FIRST_DAY, SECOND_DAY))
Message = tuple[bytes | None, bytes | None]


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two simulated people in one file of JSON lines, and a device that sits loose."""
    folder = tmp_path_factory.mktemp("recordings")
    lines = [value for *_, value in in_event_time(history.people(2))]
    (folder / "people.jsonl").write_bytes(b"\n".join([*lines, lines[0].replace(b":", b": ")]) + b"\n")
    (folder / "loose").mkdir()
    (folder / "loose" / "HR.csv").write_text(f"{history.START_MS / 1000}\n1.0\n70.0\n999.0\n0.0\n71.0\n")
    return folder


def rows(archive: Path) -> list[dict[str, object]]:
    """All rows, in a fixed order, without where they were on the topic."""
    tables = [
        pq.read_table(file, partitioning=None) for day in days(archive) for file in streamed(day_folder(archive, day))
    ]
    whole = pa.concat_tables(tables).drop_columns(["kafka_partition", "kafka_offset"])
    return sorted(whole.to_pylist(), key=repr)


def content(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def test_recordings_become_what_the_stream_archives(recordings: Path, tmp_path: Path) -> None:
    summary = ingest_recordings([recordings], tmp_path / "made", LOCAL)
    sent = history.write_archive(tmp_path / "streamed", history.people(2))
    assert summary == IngestSummary(sent + 1 + 2, {Quarantined.NO_MEASUREMENTS: 1, Quarantined.OUT_OF_RANGE: 1})
    made, streamed_rows = rows(tmp_path / "made"), rows(tmp_path / "streamed")
    loose = [row for row in made if row["user_id"] == "loose"]
    assert [(row["timestamp_ms"] - history.START_MS, row["hr"]) for row in loose] == [(0, 70.0), (3000, 71.0)]
    others = [row for row in made if row["user_id"] != "loose"]
    assert len(others) == len(streamed_rows) + 1, "a reading sent twice is archived twice"
    assert {repr(row) for row in others} == {repr(row) for row in streamed_rows}
    assert days(tmp_path / "made") == [FIRST_DAY, SECOND_DAY]
    ingest_recordings([recordings], tmp_path / "again", LOCAL)
    assert content(tmp_path / "again") == content(tmp_path / "made")


def test_an_unreadable_recording_leaves_nothing(recordings: Path, tmp_path: Path) -> None:
    torn = tmp_path / "torn.jsonl"
    torn.write_text('{"timestamp": 1')
    with pytest.raises(InputError, match=r"torn\.jsonl, line 1"):
        ingest_recordings([recordings, torn], tmp_path / "made", LOCAL)
    assert list(tmp_path.iterdir()) == [torn]


def test_a_device_without_a_clock_leaves_nothing(recordings: Path, tmp_path: Path) -> None:
    folder = tmp_path / "unset-clock"
    folder.mkdir()
    (folder / "HR.csv").write_text("0.0\n1.0\n70.0\n71.0\n")
    with pytest.raises(InputError, match=r"HR\.csv, line 1: the start '0\.0' is not between 2000 and 2100"):
        ingest_recordings([recordings, folder], tmp_path / "made", LOCAL)
    assert list(tmp_path.iterdir()) == [folder]


def e4(folder: Path, pulse: int) -> None:
    """A minute of one pulse."""
    folder.mkdir(parents=True)
    (folder / "HR.csv").write_text("\n".join([str(history.START_MS // 1000), "1", *[str(pulse)] * 60]) + "\n")


def test_sessions_called_alike_become_different_people(tmp_path: Path) -> None:
    e4(tmp_path / "S1" / "Final", 60)
    e4(tmp_path / "S2" / "Final", 120)
    ingest_recordings([tmp_path / "S1", tmp_path / "S2"], tmp_path / "made", LOCAL)
    assert {(row["user_id"], row["hr"]) for row in rows(tmp_path / "made")} == {("S1/Final", 60.0), ("S2/Final", 120.0)}


def test_recordings_of_one_wearer_at_a_time_leave_nothing(tmp_path: Path) -> None:
    e4(tmp_path / "given" / "A", 60)
    e4(tmp_path / "given" / "B", 120)
    labels = "recording,wearer,state,start_utc,end_utc\n{0}A{1}\n{0}B{1}\n"
    row = ("", ",ann,calm,2026-01-01T00:00:00Z,2026-01-01T00:01:00Z")
    (tmp_path / "given" / "labels.csv").write_text(labels.format(*row))
    with pytest.raises(InputError, match=r"given/A and .*given/B both hold hr of ann's sensor e4-hr"):
        ingest_recordings([tmp_path / "given"], tmp_path / "made", LOCAL)
    assert [each.name for each in tmp_path.iterdir()] == ["given"]


def test_nothing_is_mixed_into_a_folder_with_files(recordings: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not empty: name a new folder"):
        ingest_recordings([recordings], recordings, LOCAL)


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> list[Message]:
    """Messages of partition 1, from offset 0; what is asked for is taken from them."""
    stored: list[Message] = []

    def messages(bootstrap: str, topic: str, chunk: OffsetChunk) -> Iterator[SimpleNamespace]:
        assert (bootstrap, topic) == ("broker:9092", READINGS.name)
        for offset in range(chunk.first, chunk.end):
            key, value = stored[offset]
            yield SimpleNamespace(
                key=key, value=value, partition=chunk.partition, offset=offset, timestamp=1_800_000_000_000
            )

    monkeypatch.setattr(ingest_job, "messages", messages)
    monkeypatch.setattr(ingest_job, "MESSAGES_AT_ONCE", 1_000)
    monkeypatch.setattr(ingest, "OFFSETS_AT_ONCE", 2_500)
    monkeypatch.setattr(ingest, "held_offsets", lambda *_: {0: (0, 0), 1: (0, len(stored))})
    return stored


def topic_of(good: Sequence[Message], broken: int) -> tuple[list[Message], list[str | None]]:
    """Good messages with malformed ones among them, and each one's reason."""
    rng = np.random.default_rng(4)
    bad = [malformed(rng) for _ in range(broken)]
    mixed = [*((key, value, None) for key, value in good), *bad]
    shuffled = [mixed[index] for index in rng.permutation(len(mixed))]
    return [(key, value) for key, value, _ in shuffled], [reason for *_, reason in shuffled]


def test_messages_become_what_the_stream_archives(broker: list[Message], tmp_path: Path) -> None:
    good = [(user.encode(), value) for user, _, _, value in in_event_time(history.people(2))]
    messages, reasons = topic_of(good, 400)
    broker += messages
    summary = ingest_topic("broker:9092", READINGS.name, None, tmp_path / "made", LOCAL)
    history.write_archive(tmp_path / "streamed", history.people(2))
    assert rows(tmp_path / "made") == rows(tmp_path / "streamed")
    wanted = [reason for reason in reasons if reason]
    assert summary == IngestSummary(len(good), {reason: wanted.count(reason) for reason in set(wanted)})
    tables = [pq.read_table(file, partitioning=None) for file in sorted((tmp_path / "made").rglob("part-*"))]
    assert len(tables) > len(days(tmp_path / "made")), "in several chunks"
    assert set(pa.concat_tables(tables)["kafka_offset"].to_pylist()) == {
        offset for offset, reason in enumerate(reasons) if reason is None
    }


def test_a_list_of_beats_is_a_reading_for_each(broker: list[Message], tmp_path: Path) -> None:
    """All at the message's place on the topic; a list with a bad beat is one message left out."""
    lists = ("[800,820]", "[800,0,810]", "[800,9000]")
    head = f'{{"timestamp":{history.START_MS},"user_id":"ann","sensor_id":"belt","measurements":{{"hr":70,"ibi":'
    broker += [(b"ann", f"{head}{each}}}}}".encode()) for each in lists]
    summary = ingest_topic("broker:9092", READINGS.name, None, tmp_path / "made", LOCAL)
    assert summary == IngestSummary(3, {Quarantined.OUT_OF_RANGE: 1})
    files = sorted((tmp_path / "made").rglob("part-*"))
    made = pa.concat_tables([pq.read_table(file, partitioning=None) for file in files]).to_pylist()
    found = [(row["timestamp_ms"] - history.START_MS, row["hr"], row["ibi"], row["kafka_offset"]) for row in made]
    assert found == [(-820, None, 800.0, 0), (0, 70.0, 820.0, 0), (0, 70.0, 810.0, 1)]


def test_a_stretch_of_offsets(broker: list[Message], tmp_path: Path) -> None:
    broker += [(user.encode(), value) for user, _, _, value in in_event_time(history.people(1))]
    assert ingest_topic("broker:9092", READINGS.name, {1: (10, 25)}, tmp_path / "made", LOCAL).used == 15
    assert ingest_topic("broker:9092", READINGS.name, {}, tmp_path / "none", LOCAL) == IngestSummary(0, {})
    assert list((tmp_path / "none").iterdir()) == []


def test_files_are_in_order_of_time_and_of_the_archives_schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.archive.day_files.READINGS_AT_ONCE", 700)
    history.write_archive(tmp_path / "whole", history.people(1))
    whole = pa.concat_tables(
        [pq.read_table(day_folder(tmp_path / "whole", day) / "part-0", partitioning=None) for day in GOOD]
    )
    files = DayFiles(tmp_path / "made", "x")
    for start in range(0, whole.num_rows, 500):
        files.add(whole.slice(start, 500))
    files.flush()
    written = [file for day in days(tmp_path / "made") for file in streamed(day_folder(tmp_path / "made", day))]
    assert len(written) > 4
    for file in written:
        assert footer(file).schema.to_arrow_schema().equals(SCHEMA)
        assert (np.diff(pq.read_table(file, partitioning=None)["timestamp_ms"].to_numpy()) >= 0).all()
    assert rows(tmp_path / "made") == rows(tmp_path / "whole")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "write PARTITION:FIRST-END"),
        ("0:100", "write PARTITION:FIRST-END"),
        ("0:1-2,", "write PARTITION:FIRST-END"),
        ("0:-1-2", "write PARTITION:FIRST-END"),
        ("0:5-5", "the end, which is not read itself, must be above"),
        ("0:1-2,0:5-6", "partition 0 comes twice"),
    ],
)
def test_offsets_that_are_not_ranges(text: str, complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint):
        parse_offsets(text)


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ({7: (0, 1)}, "readings has no partition 7: it has 0, 1"),
        ({0: (5, 20)}, r"partition 0: offsets 5 to 9 have been deleted by retention: ask from 10 on"),
        ({0: (10, 99)}, "partition 0: 99 is behind its end 50"),
    ],
)
def test_offsets_that_the_broker_does_not_have(asked: dict[int, tuple[int, int]], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        check_held("readings", asked, {0: (10, 50), 1: (0, 0)})
