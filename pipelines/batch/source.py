"""Where a backfill's readings come from: the archive, or what is made into one for the time being."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from pipelines.batch.engine import pipeline_options
from schemas.topics import READINGS

Source = Callable[[Path], AbstractContextManager[Path]]
"""Given a folder that it may use, opens an archive."""


def archived(folder: Path) -> Source:
    """An archive as the features job writes it."""

    @contextmanager
    def opened(_: Path) -> Iterator[Path]:
        yield folder.absolute()

    return opened


def recorded(paths: Sequence[Path], beam: Sequence[str]) -> Source:
    """Recordings, as if they had been streamed without delay."""
    from pipelines.batch.ingest import ingest_recordings

    return _made(lambda folder: ingest_recordings(paths, folder, pipeline_options(beam, items=len(paths))))


def from_topic(bootstrap: str, offsets: str | None, beam: Sequence[str]) -> Source:
    """What the readings topic still holds, or a range of its offsets."""

    from pipelines.batch.ingest import ingest_topic, parse_offsets

    def ingest(folder: Path) -> None:
        ranges = parse_offsets(offsets) if offsets else None
        ingest_topic(bootstrap, READINGS.name, ranges, folder, pipeline_options(beam, items=2))

    return _made(ingest)


def _made(ingest: Callable[[Path], object]) -> Source:
    @contextmanager
    def opened(folder: Path) -> Iterator[Path]:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            ingest(folder)
            yield folder
        finally:
            shutil.rmtree(folder)

    return opened
