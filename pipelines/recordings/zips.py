"""Sessions in a zip, found by the list at its end; nothing is unpacked, so no path in it can lead anywhere."""

import stat
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from pipelines.core.errors import InputError
from pipelines.core.text_files import MOST_BYTES
from pipelines.recordings.foreign import foreign_head
from pipelines.recordings.session import Session
from pipelines.recordings.skipped import Skipped
from pipelines.sources.empatica_e4 import FILES
from pipelines.sources.export_files import TORN, ExportFiles, zip_fault

MOST_UNPACKED_BYTES: Final = 1 << 32
"""Of all files in one zip that we read; an export of a day has some 50 MiB."""
ENCRYPTED: Final = 1
"""The bit of an entry's flags."""

Parts = tuple[str, ...]


def found_in_zip(path: Path) -> Iterator[Session | Skipped]:
    """The sessions in a zip, and what in it is none. A session that is there alone is called as the zip is.

    Raises InputError where the zip cannot be read, or asks for more memory than exports need.
    """
    folders: dict[Parts, list[str]] = defaultdict(list)
    skipped: dict[Parts, str] = {}
    for entry in _entries(path):
        parts = _parts(entry)
        if not_read := _not_read(entry, parts):
            skipped[not_read[0]] = not_read[1]
        elif _is_wanted(parts):
            _check_readable(path, entry)
            folders[parts[:-1]].append(entry.filename)
    yield from (Skipped(path.joinpath(*head), reason) for head, reason in skipped.items())
    for folder, found in sorted(folders.items()):
        yield from _session(path, () if len(folders) == 1 else folder, found)
    if not folders:
        yield Skipped(path, f"a zip without {', '.join(FILES)}")


def _entries(path: Path) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(path) as packed:
            entries = [entry for entry in packed.infolist() if not entry.filename.endswith("/")]
    except TORN as fault:
        raise zip_fault(path, fault) from fault
    unpacked = sum(entry.file_size for entry in entries if _is_wanted(_parts(entry)))
    if unpacked > MOST_UNPACKED_BYTES:
        most = MOST_UNPACKED_BYTES >> 30
        raise InputError(f"{path}: {unpacked / (1 << 30):,.0f} GiB when unpacked, {most} being the most; leave it out")
    return entries


def _parts(entry: zipfile.ZipInfo) -> Parts:
    return PurePosixPath(entry.filename.replace("\\", "/")).parts


def _is_wanted(parts: Parts) -> bool:
    return parts[-1:] != () and parts[-1].lower() in {name.lower() for name in FILES}


def _not_read(entry: zipfile.ZipInfo, parts: Parts) -> tuple[Parts, str] | None:
    """Which part of an entry's path is not read, and why."""
    rooted = parts[:1] in (("/",), ("//",))
    if ".." in parts or rooted:
        return parts[rooted:], "a path that leads out of the zip"
    if foreign := foreign_head(parts):
        return foreign
    if stat.S_ISLNK(entry.external_attr >> 16):
        return parts, "a link"
    return None


def _check_readable(path: Path, entry: zipfile.ZipInfo) -> None:
    if entry.flag_bits & ENCRYPTED:
        raise InputError(f"{path / entry.filename} is encrypted; unpack the zip, and name the folder")
    if entry.file_size > MOST_BYTES:
        raise InputError(f"{path / entry.filename}: {entry.file_size >> 20:,} MiB, {MOST_BYTES >> 20} being the most")


def _session(path: Path, folder: Parts, entries: list[str]) -> Iterator[Session]:
    files = ExportFiles.among(path, entries, FILES)
    if files is not None:
        unpacked = path.resolve()
        place = (*unpacked.parent.parts[1:], unpacked.stem, *folder)
        yield Session(path.joinpath(*folder), files, place, beside=unpacked.parent)
