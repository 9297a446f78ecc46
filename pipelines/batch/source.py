"""Where a backfill's readings come from: the archive, or what is made into one for the time being."""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.batch.engine import pipeline_options
from pipelines.batch.ingest import IngestSummary, ingest_recordings, ingest_topic, parse_offsets
from pipelines.recordings.discover import sources
from schemas.topics import READINGS


@dataclass(frozen=True)
class Opened:
    """An archive to read, and what could not be made part of it, by reason."""

    archive: Path
    left_out: Mapping[str, int] = field(default_factory=dict)


Source = Callable[[Path], AbstractContextManager[Opened]]
"""Given a folder that it may use, opens an archive."""


def archived(folder: Path) -> Source:
    """An archive as the features job writes it."""

    @contextmanager
    def opened(_: Path) -> Iterator[Opened]:
        yield Opened(folder.absolute())

    return opened


def recorded(paths: Sequence[Path], beam: Sequence[str]) -> Source:
    """Recordings, as if they had been streamed without delay."""
    options = pipeline_options(beam, items=len(sources(paths, say=lambda _: None)))
    return _made(lambda folder: ingest_recordings(paths, folder, options))


def from_topic(bootstrap: str, offsets: str | None, beam: Sequence[str]) -> Source:
    """What the readings topic still holds, or a range of its offsets."""

    def ingest(folder: Path) -> IngestSummary:
        ranges = parse_offsets(offsets) if offsets else None
        return ingest_topic(bootstrap, READINGS.name, ranges, folder, pipeline_options(beam, items=2))

    return _made(ingest)


def _made(ingest: Callable[[Path], IngestSummary]) -> Source:
    @contextmanager
    def opened(folder: Path) -> Iterator[Opened]:
        shutil.rmtree(folder, ignore_errors=True)
        try:
            yield Opened(folder, ingest(folder).left_out)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    return opened
