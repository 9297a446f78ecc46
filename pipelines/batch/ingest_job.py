"""The Beam steps that make an archive of recordings, or of messages: each does one piece and notes what it counted."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from kafka.consumer.fetcher import ConsumerRecord

from pipelines.archive.bin_reader import SCHEMA
from pipelines.archive.day_files import DayFiles
from pipelines.batch.topic_range import OffsetChunk, messages
from pipelines.sources.discover import sources
from pipelines.sources.reading_decoder import Decoded, RejectedError, decode
from pipelines.sources.recording import Recording, Stream, accepted
from schemas.channels import CHANNEL_NAMES
from schemas.reasons import Quarantined
from schemas.whole import write_whole
from schemas.windows import EARLIEST_MS, LATEST_MS

MESSAGES_AT_ONCE: Final = 10_000
USED: Final = "used"


@dataclass(frozen=True)
class IngestRecording:
    """Writes what the stream would accept of the recordings at one place, named by its number."""

    archive: Path

    def __call__(self, numbered: tuple[int, Path]) -> str:
        number, path = numbered
        name = f"{number:05d}"
        counts: Counter[str] = Counter()
        files = DayFiles(self.archive, name)
        for recording in (each for source in sources([path]) if source.path == path for each in source.read()):
            for given, kept in zip(recording.streams, accepted(recording).streams, strict=True):
                counts += _judged(given, kept)
                files.add(_stream_rows(recording, kept))
        files.flush()
        return _note(self.archive, name, counts)


@dataclass(frozen=True)
class IngestOffsets:
    """Writes the readings of a chunk of messages, decoded as the stream decodes them."""

    bootstrap: str
    topic: str
    archive: Path

    def __call__(self, chunk: OffsetChunk) -> str:
        counts: Counter[str] = Counter()
        files = DayFiles(self.archive, chunk.name)
        waiting = messages(self.bootstrap, self.topic, chunk)
        while some := list(islice(waiting, MESSAGES_AT_ONCE)):
            files.add(_message_rows(some, counts))
        files.flush()
        return _note(self.archive, chunk.name, counts)


def noted(archive: Path) -> Counter[str]:
    """The counts of all pieces, whose notes are removed."""
    counts: Counter[str] = Counter()
    for note in sorted(archive.glob("_*.json")):
        counts += Counter(json.loads(note.read_text(encoding="utf-8")))
        note.unlink()
    return counts


def _note(archive: Path, name: str, counts: Counter[str]) -> str:
    write_whole(archive / f"_{name}.json", json.dumps(counts) + "\n")
    return name


def _judged(given: Stream, kept: Stream) -> Counter[str]:
    undated = int(((given.timestamp_ms < EARLIEST_MS) | (given.timestamp_ms > LATEST_MS)).sum())
    beyond = len(given.timestamp_ms) - len(kept.timestamp_ms) - undated
    return Counter(
        {USED: len(kept.timestamp_ms), Quarantined.ABSURD_TIMESTAMP: undated, Quarantined.OUT_OF_RANGE: beyond}
    )


def _stream_rows(recording: Recording, source: Stream) -> pa.Table:
    count = len(source.timestamp_ms)
    given = dict(zip(source.channels, source.values.T, strict=True))
    columns = {
        "user_id": pa.repeat(recording.user_id, count),
        "sensor_id": pa.repeat(source.sensor_id, count),
        "timestamp_ms": source.timestamp_ms,
        "late": np.zeros(count, dtype=bool),
        **{name: pa.array(np.ascontiguousarray(values), from_pandas=True) for name, values in given.items()},
    }
    missing = {field.name: pa.nulls(count, field.type) for field in SCHEMA if field.name not in columns}
    return pa.table({name: (columns | missing)[name] for name in SCHEMA.names}, schema=SCHEMA)


def _message_rows(some: Sequence[ConsumerRecord], counts: Counter[str]) -> pa.Table:
    """The readings among the messages; adds to the counts."""
    found: list[tuple[ConsumerRecord, Decoded]] = []
    for message in some:
        try:
            found.append((message, decode(message.key, message.value, message.timestamp)))
        except RejectedError as fault:
            counts[fault.reason] += 1
    counts[USED] += len(found)
    readings = [reading for _, reading in found]
    columns = {
        "user_id": [each.user_id for each in readings],
        "sensor_id": [each.sensor_id for each in readings],
        "timestamp_ms": [each.timestamp_ms for each in readings],
        **{name: [each.measurements.get(name) for each in readings] for name in CHANNEL_NAMES},
        "late": np.zeros(len(found), dtype=bool),
        "kafka_partition": [message.partition for message, _ in found],
        "kafka_offset": [message.offset for message, _ in found],
    }
    return pa.table(columns, schema=SCHEMA)
