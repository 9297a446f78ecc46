"""A home folder: who made it, what EQM keeps in it in plain words, and how that is removed and nothing else."""

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from feature_repo.partitions import days
from pipelines.core.errors import StackError, first_line

MARK: Final = ".eqm-home"
"""Only a folder with this file is a stack's home; what stands in it names a maker other than `eqm up`."""

HOLDS: Final = {
    "archive": "accepted readings",
    "feast": "feature rows and baselines, offline and online",
    "models": "model bundles: trained, in use, announced",
    "mlflow": "the registry of trained models",
    "kafka": "the local broker's topics",
    "flink": "checkpoints and savepoints of the jobs",
    "search": "searches of settings",
    "backfill": "what the last backfill did and changed",
    "parity": "reports on parity",
    "evaluation": "the report on an evaluation",
    "explanation": "the report on an explanation",
    "log": "logs",
    "run": "which processes run",
}
"""All that EQM keeps in a home, and what each folder holds. Anything else in a home is its owner's."""

NOTES: Final = ("started-with.json", ".lock", MARK)
"""Files about the stack itself; the mark goes last, so that a removal that was killed can be repeated."""


@dataclass(frozen=True)
class HomeEntry:
    """One folder of a home."""

    name: str
    what: str
    size_bytes: int


def mark(home: Path, maker: str = "") -> None:
    """Makes the folder a home; one that is a home already stays whose it is."""
    home.mkdir(parents=True, exist_ok=True)
    if maker_of(home) is None:
        (home / MARK).write_text(maker, encoding="utf-8")


def maker_of(home: Path) -> str | None:
    """Who made the home: empty for `eqm up`; None where the folder is no home, or not there."""
    file = home / MARK
    return file.read_text(encoding="utf-8").strip() if file.is_file() else None


def require_made(home: Path) -> None:
    """Raises StackError where something stands that no stack has made a home."""
    if home.exists() and maker_of(home) is None:
        raise StackError(f"{home} is no home of a stack (`eqm up` makes one): nothing was removed; look at --home")


def held(home: Path) -> list[HomeEntry]:
    """What EQM keeps in the home, largest first; empty where there is none. A link counts as the link alone."""
    found = [HomeEntry(path.name, _what(path), _size_bytes(path)) for path in _ours(home) if path.name not in NOTES]
    return sorted(found, key=lambda each: (-each.size_bytes, each.name))


def others(home: Path) -> list[str]:
    """Names of what somebody else has put into the home, sorted: it stays."""
    ours = set(_ours(home))
    return sorted(path.name for path in _entries(home) if path not in ours)


def remove(home: Path) -> None:
    """Removes all that EQM keeps in the home, and the folder where nothing is left in it.

    What a link leads to stays. Raises StackError for what cannot be removed; repeating it removes the rest.
    """
    try:
        for path in sorted(_ours(home), key=_marks_last):
            _gone(path)
        if home.is_dir() and not _entries(home):
            home.rmdir()
    except OSError as fault:
        raise StackError(f"{home} cannot be removed wholly: {first_line(fault)}; mend that, and repeat it") from fault


def _entries(home: Path) -> Sequence[Path]:
    return list(home.iterdir()) if home.is_dir() else []


def _ours(home: Path) -> Iterable[Path]:
    return [path for path in _entries(home) if path.name in NOTES or _named(path.name) in HOLDS]


def _named(name: str) -> str:
    """The folder that a name is of; what a killed writer leaves hidden beside one is of it, too.

    >>> _named("parity"), _named(".parity.k3x9"), _named("parity.txt")
    ('parity', 'parity', 'parity.txt')
    """
    return name[1:].partition(".")[0] if name.startswith(".") else name


def _what(path: Path) -> str:
    if path.is_symlink():
        return f"a link to {path.readlink()}, which stays"
    what = HOLDS[_named(path.name)]
    found = days(path) if path.name == "archive" else []
    return f"{what}, {found[0]} to {found[-1]}" if found else what


def _size_bytes(path: Path) -> int:
    files = [path] if path.is_symlink() or path.is_file() else path.rglob("*")
    return sum(each.lstat().st_size for each in files if each.is_symlink() or each.is_file())


def _marks_last(path: Path) -> int:
    return NOTES.index(path.name) + 1 if path.name in NOTES else 0


def _gone(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    else:
        shutil.rmtree(path)
