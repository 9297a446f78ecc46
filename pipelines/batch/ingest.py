"""Archives made of other sources: recordings, or stretches of the raw topic."""

import re
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from apache_beam.options.pipeline_options import PipelineOptions

from pipelines.batch.engine import for_each, run
from pipelines.batch.ingest_job import USED, IngestOffsets, IngestRecording, noted
from pipelines.batch.topic_range import Ranges, check_held, chunks, held_offsets
from pipelines.core.errors import InputError, SettingsError
from pipelines.sources.discover import sources

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
    appears whole or not at all, with the same bytes each time. Raises InputError, or StackError for a failed job.
    """
    items = [(number, source.path.absolute()) for number, source in enumerate(sources(paths))]
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
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        run(options, for_each(work_into(unfinished), items))
        counts = noted(unfinished)
        unfinished.replace(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return IngestSummary(counts.pop(USED, 0), dict(sorted(counts.items())))
