"""`labels.csv` beside sessions: who wore which, and what each block of it was."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipelines.core.errors import InputError
from pipelines.core.foreign_text import shown
from pipelines.labels.csv_files import BLOCK, RECORDING, recorded_label, recording_rows
from pipelines.recordings.names import composed
from schemas.records import Label

FILE: Final = "labels.csv"


@dataclass(frozen=True)
class Block:
    """A part of a protocol."""

    name: str
    label: Label


@dataclass(frozen=True)
class Worn:
    """What a labels.csv says of one recording."""

    line: int
    """Its first row's."""
    user_id: str
    blocks: tuple[Block, ...]
    """In order of time."""


@dataclass(frozen=True)
class Wearers:
    """A labels.csv: its recordings by name, in Unicode's composed form."""

    path: Path
    worn: Mapping[str, Worn]

    @classmethod
    def read(cls, path: Path) -> "Wearers":
        """Raises InputError with the line of a row that is no label, or that names a recording's second wearer."""
        blocks: dict[str, list[tuple[int, Block]]] = defaultdict(list)
        for line, row in recording_rows(path):
            name = composed(row[RECORDING])
            if not name:
                raise InputError(f"{path}, line {line}: no {RECORDING}; name the folder that the row is about")
            blocks[name].append((line, Block(row.get(BLOCK, ""), recorded_label(path, line, row))))
        return cls(path, {name: _worn(path, name, mine) for name, mine in blocks.items()})

    def check_spelling(self, sessions: Set[str]) -> None:
        """Raises InputError where a recording is called as a session but for case and spaces: its labels would be lost.

        `sessions`: the names of those beside the file.
        """
        spelled = {_folded(name): name for name in sessions}
        for name, worn in self.worn.items():
            session = spelled.get(_folded(name))
            if session and name not in sessions:
                otherwise = f"{RECORDING} {shown(name)} is called {shown(session)} on disk"
                raise InputError(f"{self.path}, line {worn.line}: {otherwise}; write it as there")

    def without_session(self, sessions: Set[str]) -> Iterator[str]:
        """A line for each recording that is none of these sessions."""
        for name, worn in self.worn.items():
            if name not in sessions:
                yield f"{self.path}, line {worn.line}: no {RECORDING} {shown(name)} beside it; its labels are left out"

    def without_row(self, sessions: Set[str]) -> Iterator[str]:
        """A line for each session that the file does not name."""
        for name in sorted(sessions - self.worn.keys()):
            yield f"{self.path} has no row of {shown(name)}, which so has no labels and is named after its folder"


def labels_beside(folder: Path) -> Path | None:
    """The labels.csv of a folder, in any case; None where there is none."""
    try:
        alike = sorted(each for each in folder.iterdir() if each.name.lower() == FILE and each.is_file())
    except OSError:
        return None
    return folder / FILE if folder / FILE in alike else next(iter(alike), None)


def _folded(name: str) -> str:
    return "".join(name.split()).casefold()


def _worn(path: Path, name: str, blocks: list[tuple[int, Block]]) -> Worn:
    first, one = blocks[0]
    for line, block in blocks:
        if block.label.user_id != one.label.user_id:
            one_id, other_id = shown(one.label.user_id), shown(block.label.user_id)
            wearers = f"{one_id} in line {first} and {other_id} in line {line}"
            raise InputError(f"{path}: {RECORDING} {shown(name)} has the wearers {wearers}; name one")
    in_order = sorted((block for _, block in blocks), key=lambda block: block.label.start_ms)
    return Worn(first, one.label.user_id, tuple(in_order))
