"""Finding recordings: E4 folders, folders of them at any depth, and JSON-lines files."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from pipelines.core.errors import InputError
from pipelines.sources import empatica_e4, json_lines
from pipelines.sources.recording import Recording


@dataclass(frozen=True)
class Source:
    """Something found that can be read."""

    path: Path
    reader: Callable[[Path], list[Recording]]

    def read(self) -> list[Recording]:
        """Its recordings, loaded; raises `InputError`."""
        return self.reader(self.path)


def sources(paths: Iterable[Path]) -> list[Source]:
    """What can be read at the paths, in a fixed order, each once, without reading it. Nothing found: `InputError`."""
    found = {each.path.resolve(): each for path in paths for each in _at(Path(path))}
    if not found:
        raise InputError("no recordings given; name E4 folders, a folder of them, or .jsonl files")
    return list(found.values())


def recordings(paths: Iterable[Path]) -> list[Recording]:
    """All recordings at the paths, loaded. Raises `InputError` where a path holds none or one cannot be read."""
    return [recording for source in sources(paths) for recording in source.read()]


def _at(path: Path) -> list[Source]:
    if not path.exists():
        raise InputError(f"{path}: no such file or folder; check the path")
    found = [source for each in _walked(path) if (source := _source(each)) is not None]
    if not found:
        raise InputError(f"{path}: no recordings here; give E4 folders, a folder of them, or .jsonl files")
    return found


def _walked(path: Path) -> list[Path]:
    below = [Path(root) / name for root, folders, files in os.walk(path) for name in (*folders, *files)]
    return [path, *sorted(below)]


def _source(path: Path) -> Source | None:
    if json_lines.is_file(path):
        return Source(path, json_lines.recordings)
    if path.is_dir() and empatica_e4.is_recording(path):
        return Source(path, lambda folder: [empatica_e4.read(folder)])
    return None
