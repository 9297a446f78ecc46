"""The raw topic decoded in Python: what the features job archived of it, and its reasons for all else."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from confluent_kafka import Producer
from kafka import TopicPartition

from pipelines.archive import reader as archive
from pipelines.batch.topic_range import OffsetChunk, held_offsets, messages
from pipelines.core.errors import InputError
from pipelines.core.settings import Settings
from pipelines.replay.malformed import malformed
from pipelines.replay.messages import in_event_time
from pipelines.replay.people import simulated
from pipelines.replay.publish import publisher
from pipelines.sources.reading_decoder import RejectedError, decode
from pipelines.stack import topics
from schemas.topics import READINGS
from tests.edge_messages import ACCEPTED, REJECTED
from tests.integration import streaming

PEOPLE = simulated(3, minutes=2, start="2025-06-01T23:59:00Z", seed=6)
MALFORMED = 2_000
SPOILED = 5_000
PIECES = [
    b'"',
    b"{",
    b"}",
    b"[",
    b",",
    b":",
    b"\\",
    b"0",
    b"1e",
    b".",
    b"-",
    b"null",
    b" ",
    b"\x00",
    b"\x80",
    b"\xc3\xa9",
    b"\xff",
]

Message = tuple[bytes | None, bytes | None]


def spoiled(rng: np.random.Generator, key: bytes, value: bytes) -> Message:
    """A good message with a few bytes cut out and others put in, or cut off there."""
    at, length = int(rng.integers(len(value))), int(rng.integers(6))
    rest = value[at + length :] if rng.random() < 0.9 else b""
    return key, value[:at] + PIECES[rng.integers(len(PIECES))] + rest


def mixed() -> list[Message]:
    rng = np.random.default_rng(1)
    good = [(user.encode(), value) for user, _, _, value in in_event_time(PEOPLE)]
    edges = [(b"a", value) for values in REJECTED.values() for value in values]
    edges += [(user.encode(), value) for user, value in ACCEPTED]
    bad: list[Message] = [malformed(rng)[:2] for _ in range(MALFORMED)]
    bad += [spoiled(rng, *good[rng.integers(len(good))]) for _ in range(SPOILED)]
    every = [*good, *edges, *bad]
    return [every[index] for index in rng.permutation(len(every))]


def send_in_transactions(bootstrap: str, sent: list[Message]) -> None:
    """Some committed, then the same again, given up: a reader of committed messages must not see them."""
    producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": "devices"})
    producer.init_transactions()
    for end in (producer.commit_transaction, producer.abort_transaction):
        producer.begin_transaction()
        for key, value in sent:
            producer.produce(READINGS.name, value, key)
        producer.flush()
        end()


@pytest.fixture(scope="module")
def streamed(stack: Settings) -> Settings:
    """A topic of all that, read by the features job to its end."""
    streaming.fresh(stack)
    with publisher(stack.bootstrap_servers) as client:
        for key, value in mixed():
            client.send(READINGS.name, key, value)
    good = [(user.encode(), value) for user, _, _, value in in_event_time(PEOPLE[:1])]
    send_in_transactions(stack.bootstrap_servers, good[:50])
    streaming.computed(stack)
    return stack


def ingested(settings: Settings, folder: Path, *, items: int = 1, code: int = 0, **ranges: list[int]) -> Any:  # noqa: ANN401
    """What the ingest prints: the summary, or its complaint. Ranges by partition, as `_0=[first, end]`."""
    python = Path(sys.prefix).parent / "batch" / "bin" / "python"
    wanted = {
        "bootstrap": settings.bootstrap_servers,
        "folder": str(folder),
        "items": items,
        "ranges": {name.removeprefix("_"): ends for name, ends in ranges.items()},
    }
    command = [python, "-m", "tests.release.stack.topic_ingest_job", json.dumps(wanted)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == code, done.stderr
    return done.stderr.strip().splitlines()[-1] if code else json.loads(done.stdout)


def archived(folder: Path) -> pa.Table:
    """All readings by their place on the topic and their time; whether they were late is the stream's to say."""
    table = archive.open_archive(folder).to_table().drop_columns(["late", "day"])
    order = ("kafka_partition", "kafka_offset", "timestamp_ms")
    return table.sort_by([(name, "ascending") for name in order]).combine_chunks()


def reasons(settings: Settings) -> Iterator[tuple[tuple[int, int], str]]:
    """Where the Python decoder finds what is wrong."""
    for message in streaming.committed(settings, READINGS.name):
        try:
            decode(message.key, message.value, message.timestamp)
        except RejectedError as fault:
            yield (message.partition, message.offset), str(fault.reason)


def test_every_message_gets_the_stream_s_reason(streamed: Settings) -> None:
    found = {(record["partition"], record["offset"]): record["reason"] for record in streaming.quarantined(streamed)}
    assert len(found) > MALFORMED + SPOILED / 2
    assert dict(reasons(streamed)) == found


def test_the_whole_topic_gives_the_stream_s_archive(streamed: Settings, tmp_path: Path) -> None:
    summary = ingested(streamed, tmp_path / "made", items=9)
    expected = archived(streamed.archive_folder)
    assert len(set(expected["timestamp_ms"].to_numpy() // 86_400_000)) > 2
    assert archived(tmp_path / "made").equals(expected)
    quarantined = Counter(record["reason"] for record in streaming.quarantined(streamed))
    assert summary == {"used": expected.num_rows, "left_out": dict(sorted(quarantined.items()))}


def test_a_stretch_of_offsets(streamed: Settings, tmp_path: Path) -> None:
    ingested(streamed, tmp_path / "made", _0=[100, 400], _2=[5, 6])
    whole = archived(streamed.archive_folder)
    partition, offset = whole["kafka_partition"].to_numpy(), whole["kafka_offset"].to_numpy()
    wanted = ((partition == 0) & (offset >= 100) & (offset < 400)) | ((partition == 2) & (offset == 5))
    assert archived(tmp_path / "made").equals(whole.filter(pa.array(wanted)))


def test_deleted_offsets_are_told(streamed: Settings, tmp_path: Path) -> None:
    """The last test of this module: it deletes."""
    end = held_offsets(streamed.bootstrap_servers, READINGS.name)[0][1]
    with topics.admin(streamed.bootstrap_servers) as client:
        client.delete_records({TopicPartition(READINGS.name, 0): 50})
    lost = "partition 0: offsets 7 to 49 have been deleted by retention: ask from 50 on"
    assert lost in ingested(streamed, tmp_path / "made", code=1, _0=[7, 60])
    with pytest.raises(InputError, match=lost):
        list(messages(streamed.bootstrap_servers, READINGS.name, OffsetChunk(0, 7, 60)))
    assert f"{end + 1} is behind its end {end}" in ingested(streamed, tmp_path / "made", code=1, _0=[60, end + 1])
    assert not (tmp_path / "made").exists()
