"""Which files of a day are to be read, also while the stream adds some and a compaction replaces some.

    day=D/part-…                  the stream's files; each appears whole
    day=D/compacted-X             the rows of some of them, in one file
    day=D/.replaced-by-X.json     while it stands: the names of those, which are on their way out

So a reader takes the rows of each reading once, whatever instant a compaction was killed at.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar

from feature_repo.partitions import day_folder, days, listed_again, streamed
from pipelines.core.errors import InputError

Found = TypeVar("Found")

COMPACTED: Final = "compacted-"
NOTE: Final = ".replaced-by-"


def archive_files(archive: Path, day: str) -> list[Path]:
    """A day's finished files whose rows count."""
    place = day_folder(archive, day)
    return counting(listed_alike(lambda: streamed(place)))


def all_files(archive: Path) -> list[Path]:
    """Those of all days."""
    return [file for day in days(archive) for file in archive_files(archive, day)]


def listed_alike(listing: Callable[[], list[Path]]) -> list[Path]:
    """What two listings in a row have found.

    While files come and go, one listing may miss the new file and those that it has replaced: a name that is added
    while a folder is listed need not be seen. Two that are alike saw no such exchange.
    """
    found, before = listing(), None
    while found != before:
        found, before = listing(), found
    return found


def counting(listed: Sequence[Path]) -> list[Path]:
    """Those of listed files whose rows count: no others of them hold the same.

    To be asked after the listing: whoever has listed a file and those that it replaces finds the note, or finds that
    these are gone when they are opened.
    """
    leaving = {file.with_name(name) for file in listed for name in replaced(file)}
    return [file for file in listed if file not in leaving]


def note_of(file: Path) -> Path:
    """Where stands what a file replaces."""
    return file.with_name(f"{NOTE}{file.name}.json")


def replaced(file: Path) -> list[str]:
    """Names of the files beside whose rows a file holds, as long as they may still be there."""
    if not file.name.startswith(COMPACTED):
        return []
    try:
        return list(json.loads(note_of(file).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return []


def read_listed(read: Callable[[], Found]) -> Found:
    """What `read` gives, which lists files and opens them; it begins anew where one has been replaced meanwhile.

    `read` must let FileNotFoundError through.
    """
    try:
        return listed_again(read)
    except FileNotFoundError as gone:
        raise InputError(
            f"files vanish from the archive while they are read ({gone}): find out what removes them"
        ) from gone
