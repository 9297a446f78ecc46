"""A day's recomputed rows from staging to the newest generation, and what they were made from."""

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from feature_repo.partitions import forget, generations, publish, streamed
from schemas.fingerprint import schema_hash

MADE_FROM: Final = "_made_from"
STAGING: Final = ".staging-"


def fingerprint(files: Iterable[Path], settled: object) -> str:
    """Sixteen hex digits over names and sizes of the files that rows are made from, and the schemas."""
    named = [(*file.parts[-3:], file.stat().st_size) for file in files]
    return hashlib.sha256(json.dumps([schema_hash(), settled, named]).encode()).hexdigest()[:16]


def is_made_from(place: Path, made_from: str) -> bool:
    """Whether the newest generation was made from just this, and no streamed file has come since.

    One that another backfill supersedes meanwhile was not.
    """
    newest = generations(place)[-1:]
    try:
        noted = [(folder / MADE_FROM).read_text(encoding="utf-8") for folder in newest]
    except FileNotFoundError:
        return False
    return noted == [made_from] and not streamed(place)


def stage(place: Path, work: str) -> Path:
    """The day's staging folder; what a crash left of the same work is kept, of any other work removed."""
    wanted = place / f"{STAGING}{work}"
    for other in place.glob(f"{STAGING}*"):
        if other != wanted:
            shutil.rmtree(other)
    wanted.mkdir(parents=True, exist_ok=True)
    return wanted


def settle(place: Path, staging: Path, made_from: str, superseded: Iterable[Path]) -> Path:
    """Publishes a staged day, then removes what it supersedes; returns the new generation."""
    (staging / MADE_FROM).write_text(made_from, encoding="utf-8")
    generation = publish(place, staging)
    forget(place, superseded)
    return generation


def counted(generation: Path) -> Counter[str]:
    """The counts of all bins of a generation."""
    notes = (json.loads(note.read_text(encoding="utf-8")) for note in generation.glob("_*.json"))
    return sum((Counter(note) for note in notes), Counter())


def changes(generation: Path) -> list[Path]:
    """The files that list its changes, in order of time."""
    return sorted(generation.glob("_*.changes.parquet"))
