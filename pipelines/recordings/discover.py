"""Recordings at paths: E4 sessions in folders or zips at any depth, and JSON-lines files, each with its wearer.

All that reads recordings finds them here: `eqm replay`, `backfill`, `evaluate`, `explain`, `export` and the demo. So
the same paths give the same people everywhere.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from pipelines.core.errors import InputError
from pipelines.core.progress import say_on_stderr
from pipelines.recordings.apart import Apart
from pipelines.recordings.names import check_user_id, place_names
from pipelines.recordings.session import LinesFile, Session, Source
from pipelines.recordings.skipped import Say, Skipped, say_all
from pipelines.recordings.walk import Found, LabelsFile, found_at
from pipelines.recordings.wearers import Wearers, labels_beside
from pipelines.sources.recording import Recording

GIVE: Final = "give E4 folders, zips of them, a folder of them, or .jsonl files"

Sheets = Mapping[Path, Wearers]
"""The labels.csv of each folder that has one."""


def sources(paths: Iterable[Path], say: Say = say_on_stderr) -> list[Source]:
    """What can be read at the paths, in a fixed order, each once; only names and labels have been read.

    The wearer of a session stands in the labels.csv beside it. A session without a row there is named by its folder, or
    by as much of its path as tells it from other such sessions (`names.place_names`). `say` gets a line for all that is
    skipped, for labels of recordings that are not there, and for sessions beside a labels.csv that have no row in it.
    Raises `InputError` for a path without recordings, and for labels that do not say which recording or wearer they
    mean.
    """
    found = {Path(path): _at(Path(path)) for path in paths}
    if not found:
        raise InputError(f"no recordings given; {GIVE}")
    everything = list({each.path.resolve(): each for mine in found.values() for each in mine}.values())
    sessions = [each for each in everything if isinstance(each, Session)]
    sheets = _sheets(sessions)
    say_all([*(str(each) for each in everything if isinstance(each, Skipped)), *_unused(everything, sheets)], say)
    for path, mine in found.items():
        if not any(isinstance(each, LinesFile | Session) for each in mine):
            raise InputError(f"{path}: no recordings here; {GIVE}")
    named = {each.path: each for each in _named(sessions, sheets)}
    return [named.get(each.path, each) for each in everything if isinstance(each, LinesFile | Session)]


def recordings(paths: Iterable[Path], say: Say = say_on_stderr) -> list[Recording]:
    """All recordings at the paths, loaded.

    Raises `InputError` as `sources` does, where one cannot be read, where two hold one sensor of one user at the same
    time (`apart.Apart`), and where none has a reading.
    """
    found: list[Recording] = []
    apart = Apart()
    for source in sources(paths, say):
        mine = source.read()
        if not mine:
            say(f"skipped {source.path}: no readings")
        for recording in mine:
            apart.add(source.path, recording)
        found += mine
    if not found:
        raise InputError(f"no reading in {', '.join(map(str, paths))}; {GIVE}")
    return found


def _at(path: Path) -> list[Found]:
    if not path.exists():
        raise InputError(f"{path}: no such file or folder; check the path")
    return sorted(found_at(path), key=lambda each: each.path)


def _sheets(sessions: Sequence[Session]) -> Sheets:
    """Raises InputError where a labels.csv means one of these sessions, but spells it differently."""
    files = {beside: labels_beside(beside) for beside in dict.fromkeys(each.beside for each in sessions)}
    sheets = {beside: Wearers.read(file) for beside, file in files.items() if file}
    for beside, sheet in sheets.items():
        sheet.check_spelling(_names(sessions, beside))
    return sheets


def _names(sessions: Sequence[Session], beside: Path) -> set[str]:
    return {each.name for each in sessions if each.beside == beside}


def _unused(everything: Sequence[Found], sheets: Sheets) -> Iterator[str]:
    """Lines on labels without their session, and on sessions without their labels.

    Where a session is named alone, the other recordings of its labels.csv are not expected to be there.
    """
    sessions = [each for each in everything if isinstance(each, Session)]
    walked = {each.path.resolve(): each.path for each in everything if isinstance(each, LabelsFile)}
    for sheet in sheets.values():
        names = _names(sessions, sheet.path.parent)
        if walked.pop(sheet.path, None):
            yield from sheet.without_session(names)
        yield from sheet.without_row(names)
    yield from (f"skipped {path}: no E4 recording beside it" for path in walked.values())


def _named(sessions: Sequence[Session], sheets: Sheets) -> Iterator[Session]:
    unlisted = []
    for each in sessions:
        worn = sheets[each.beside].worn.get(each.name) if each.beside in sheets else None
        if worn:
            yield replace(each, user_id=worn.user_id, blocks=worn.blocks)
        else:
            unlisted.append(each)
    for each, name in zip(unlisted, place_names([each.place for each in unlisted]), strict=True):
        check_user_id(name, each.path)
        yield replace(each, user_id=name)
