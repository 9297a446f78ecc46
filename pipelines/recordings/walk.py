"""What lies at a path: recordings, files of labels, and what is neither, with the reason why it is not read."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from pipelines.core.errors import InputError
from pipelines.recordings.foreign import why_foreign
from pipelines.recordings.session import LinesFile, Session
from pipelines.recordings.skipped import Skipped
from pipelines.recordings.wearers import FILE
from pipelines.recordings.zips import found_in_zip
from pipelines.sources import json_lines
from pipelines.sources.empatica_e4 import OTHER_FILES, files_in
from pipelines.sources.export_files import ZIP, ExportFiles

UNUSED: Final = {name.lower() for name in OTHER_FILES}
EMPTY: Final = "empty"
NEITHER: Final = f"neither a file of an E4 export nor JSON lines ({', '.join(json_lines.SUFFIXES)})"


@dataclass(frozen=True)
class LabelsFile:
    """A labels.csv in a folder that was looked through."""

    path: Path


Found = LinesFile | Session | LabelsFile | Skipped


def found_at(path: Path) -> Iterator[Found]:
    """All that lies at a path and below it; hidden and linked folders are not walked. Raises InputError.

    What is named itself is looked at whatever it is called: only names below it can be foreign.
    """
    if not path.is_dir():
        yield from _file(path)
        return
    for root, folders, names in os.walk(path, onerror=_unreadable):
        folder = Path(root)
        files = files_in(folder)
        mine = {entry for _, entry in files.entries} if files else set()
        if files:
            yield from _session(folder, files)
        for name in sorted(set(names) - mine):
            yield from _named(folder / name, _file)
        for name in sorted(each for each in folders if not _is_walked(folder / each)):
            yield from _named(folder / name, _linked)
        folders[:] = [name for name in folders if _is_walked(folder / name)]


def _unreadable(fault: OSError) -> NoReturn:
    raise InputError(f"{fault.filename} cannot be read ({fault.strerror}); allow it, or name other folders") from fault


def _is_walked(folder: Path) -> bool:
    return why_foreign(folder.name) is None and not folder.is_symlink()


def _named(path: Path, look: Callable[[Path], Iterator[Found]]) -> Iterator[Found]:
    """What is found by looking, unless the name says that another program keeps it."""
    reason = why_foreign(path.name)
    yield from [Skipped(path, reason)] if reason else look(path)


def _file(path: Path) -> Iterator[Found]:
    name = path.name.lower()
    if not path.is_file():
        yield Skipped(path, "no file")
    elif name == FILE:
        yield LabelsFile(path)
    elif json_lines.is_file(path):
        yield LinesFile(path) if path.stat().st_size else Skipped(path, EMPTY)
    elif name.endswith(ZIP):
        yield from found_in_zip(path) if path.stat().st_size else [Skipped(path, EMPTY)]
    elif name not in UNUSED:
        yield Skipped(path, NEITHER)


def _linked(folder: Path) -> Iterator[Found]:
    files = files_in(folder)
    yield from _session(folder, files) if files else [Skipped(folder, "a link to a folder, which is not walked")]


def _session(folder: Path, files: ExportFiles) -> Iterator[Found]:
    empty = [entry for _, entry in files.entries if not (folder / entry).stat().st_size]
    yield from (Skipped(folder / entry, EMPTY) for entry in empty)
    if len(empty) < len(files.entries):
        place = folder.resolve()
        yield Session(folder, files, place.parts[1:] or (place.name,), beside=folder.resolve().parent)
