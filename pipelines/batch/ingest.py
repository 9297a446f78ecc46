"""Archives made of other sources: recordings, or stretches of the raw topic."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import pyarrow as pa
from apache_beam.options.pipeline_options import PipelineOptions
from kafka.consumer.fetcher import ConsumerRecord

from pipelines.archive.day_files import DayFiles
from pipelines.archive.reader import SCHEMA
from pipelines.batch.engine import for_each, run
from pipelines.batch.topic_range import OffsetChunk, Ranges, check_held, chunks, held_offsets, messages
from pipelines.core.errors import InputError, SettingsError
from pipelines.recordings.apart import Apart, Held, held
from pipelines.recordings.discover import sources
from pipelines.recordings.session import Source
from pipelines.sources.reading_decoder import Decoded, RejectedError, decode
from pipelines.sources.recording import Recording, Stream, judged
from schemas.channels import CHANNEL_NAMES
from schemas.whole import whole_folder, write_whole

MESSAGES_AT_ONCE: Final = 10_000
USED: Final = "used"
HOLDINGS: Final = ".held"
"""Suffix of a piece's list of what it holds when."""


@dataclass(frozen=True)
class IngestRecording:
    """Writes what the stream would accept of the recordings at one place, named by its number."""

    archive: Path

    def __call__(self, numbered: tuple[int, Source]) -> str:
        number, source = numbered
        name = f"{number:05d}"
        counts: Counter[str] = Counter()
        holdings: list[Held] = []
        files = DayFiles(self.archive, name)
        for recording in source.read():
            holdings += held(source.path, recording)
            kept, left_out = judged(recording)
            counts.update(left_out)
            for each in kept.streams:
                counts[USED] += len(each.timestamp_ms)
                files.add(_stream_rows(kept, each))
        files.flush()
        write_whole(self.archive / f"_{name}{HOLDINGS}", json.dumps([each.as_json() for each in holdings]) + "\n")
        return _note(self.archive, name, +counts)


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


def require_apart(archive: Path) -> None:
    """Raises InputError where two recordings hold one sensor of a user at the same time. Removes the pieces' lists."""
    apart = Apart()
    for listed in sorted(archive.glob(f"_*{HOLDINGS}")):
        for written in json.loads(listed.read_text(encoding="utf-8")):
            apart.add_held(Held.of_json(written))
        listed.unlink()


def _note(archive: Path, name: str, counts: Counter[str]) -> str:
    write_whole(archive / f"_{name}.json", json.dumps(counts) + "\n")
    return name


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
            found += [(message, each) for each in decode(message.key, message.value, message.timestamp)]
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


Item = TypeVar("Item")

OFFSETS_AT_ONCE: Final = 100_000
"""Offsets of one Beam element."""
WRITTEN: Final = re.compile(r"(\d{1,9}):(\d{1,18})-(\d{1,18})")


@dataclass(frozen=True)
class IngestSummary:
    """What became of all readings."""

    used: int
    left_out: Mapping[str, int]
    """By reason, as in `schemas.reasons.Quarantined`."""


def parse_offsets(text: str) -> dict[int, tuple[int, int]]:
    """Ranges as users write them; raises SettingsError.

    >>> parse_offsets("0:100-2000,1:0-500")
    {0: (100, 2000), 1: (0, 500)}
    """
    found: dict[int, tuple[int, int]] = {}
    for part in text.split(","):
        match = WRITTEN.fullmatch(part.strip())
        if not match:
            raise SettingsError(f"--offsets {part!r}: write PARTITION:FIRST-END, as in 0:100-2000,1:0-500")
        partition, first, end = map(int, match.groups())
        if first >= end:
            raise SettingsError(f"--offsets {part}: the end, which is not read itself, must be above the first offset")
        if partition in found:
            raise SettingsError(f"--offsets {text}: partition {partition} comes twice; give it one stretch")
        found[partition] = (first, end)
    return found


def ingest_recordings(paths: Iterable[Path], folder: Path, options: PipelineOptions) -> IngestSummary:
    """Writes an archive of the recordings at the paths into an empty folder.

    What the stream would quarantine is left out; nothing is late, that being the stream's judgement. The folder
    appears whole or not at all, with the same bytes each time. Raises InputError, also where two recordings hold one
    sensor of a user at the same time, or StackError for a failed job.
    """
    items = [(number, source.absolute()) for number, source in enumerate(sources(paths))]
    return _ingest(IngestRecording, items, folder, options)


def ingest_topic(
    bootstrap: str, topic: str, ranges: Ranges | None, folder: Path, options: PipelineOptions
) -> IngestSummary:
    """The same of messages: by partition from the first offset up to, but not including, the end; None: all there are.

    Raises InputError also for offsets that the broker no longer, or not yet, has.
    """
    held = held_offsets(bootstrap, topic)
    asked = held if ranges is None else ranges
    check_held(topic, asked, held)
    items = chunks(asked, at_once=OFFSETS_AT_ONCE)
    return _ingest(lambda archive: IngestOffsets(bootstrap, topic, archive), items, folder, options)


def _ingest(
    work_into: Callable[[Path], Callable[[Item], str]], items: Sequence[Item], folder: Path, options: PipelineOptions
) -> IngestSummary:
    folder = folder.absolute()
    if folder.exists() and any(folder.iterdir()):
        raise InputError(f"{folder} is not empty: name a new folder for the archive")
    with whole_folder(folder) as unfinished:
        run(options, for_each(work_into(unfinished), items))
        require_apart(unfinished)
        counts = noted(unfinished)
    return IngestSummary(counts.pop(USED, 0), dict(sorted(counts.items())))
