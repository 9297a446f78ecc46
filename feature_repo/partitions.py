"""A view's offline rows on disk: a folder per day, two writers that never touch each other's files.

    day=D/part-…                the stream's files; each appears whole, with its checkpoint
    day=D/recomputed-000001/…   a generation of recomputed rows; appears whole, by one rename

A window may stand in files of both. The row that measured more counts, since late readings only ever add; of
equals the recomputed one. So every order of writing and reading gives the same rows. Names that begin with `.` or
`_` are unfinished work, which nobody reads. Why two writers need no lock:
docs/decisions/0005-two-writers-of-offline-rows.md.
"""

import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from feature_repo.columns import EVENT_TIMESTAMP, JOIN_KEY
from feature_repo.errors import FeatureStoreError
from feature_repo.folders import DAY_PARTITION

Read = TypeVar("Read")

GENERATION: Final = "recomputed-"
HIDDEN: Final = (".", "_")
FORGOTTEN: Final = ".forgotten-"
MEASURED: Final = "samples"
LISTINGS: Final = 10
"""So often files are listed again that were superseded between listing and reading."""


def day_folder(folder: Path, day: str) -> Path:
    """A day's folder below a view's folder; `day` as YYYY-MM-DD, UTC.

    >>> day_folder(Path("window_features"), "2026-01-31").as_posix()
    'window_features/day=2026-01-31'
    """
    return folder / f"{DAY_PARTITION}={day}"


def days(folder: Path) -> list[str]:
    """The days that have a folder, ascending."""
    return sorted(each.name.partition("=")[2] for each in folder.glob(f"{DAY_PARTITION}=*") if each.is_dir())


def streamed(place: Path) -> list[Path]:
    """The stream's finished files of one day's folder."""
    found = place.iterdir() if place.is_dir() else ()
    return sorted(each for each in found if each.is_file() and not each.name.startswith(HIDDEN))


def generations(place: Path) -> list[Path]:
    """Folders of recomputed rows, newest last: it alone counts."""
    return sorted(each for each in place.glob(f"{GENERATION}*") if each.is_dir())


def recomputed(place: Path) -> list[Path]:
    """The files of the newest generation."""
    newest = generations(place)[-1:]
    return sorted(each for folder in newest for each in folder.iterdir() if not each.name.startswith(HIDDEN))


def files(folder: Path, wanted: Iterable[str] | None = None) -> list[Path]:
    """Files of some days (default: all), recomputed ones last, so that of equal rows the last one counts."""
    places = [day_folder(folder, day) for day in (days(folder) if wanted is None else wanted)]
    return [file for of_day in (streamed, recomputed) for place in places for file in of_day(place)]


def read_whole(folder: Path, wanted: Iterable[str] | None, read: Callable[[list[Path]], Read]) -> Read:
    """What `read` makes of the files; starts over when one of them has been superseded meanwhile.

    `read` must open every file that it is given, and let FileNotFoundError through.
    """
    named = None if wanted is None else list(wanted)
    try:
        return listed_again(lambda: read(files(folder, named)))
    except FileNotFoundError as gone:
        raise FeatureStoreError(
            f"{folder}: files vanish while they are read ({gone}): find out what removes them"
        ) from gone


def listed_again(read: Callable[[], Read]) -> Read:
    """What `read` gives, which lists files and opens them; it starts over where one has vanished meanwhile.

    After so many listings in vain the last FileNotFoundError goes on.
    """
    for _ in range(LISTINGS - 1):
        with suppress(FileNotFoundError):
            return read()
    return read()


def publish(place: Path, staged: Path) -> Path:
    """Makes a staged folder, on the same file system, the newest generation: by one rename, whole or not at all."""
    held = generations(place)
    number = int(held[-1].name.removeprefix(GENERATION)) + 1 if held else 1
    return staged.rename(place / f"{GENERATION}{number:06d}")


def forget(place: Path, superseded: Iterable[Path]) -> None:
    """Removes older generations, and streamed files whose rows the newest generation holds.

    A generation leaves by one rename, too: who has just listed it finds all of its files or none.
    """
    for old in generations(place)[:-1]:
        old.rename(place / f"{FORGOTTEN}{old.name}")
    for gone in place.glob(f"{FORGOTTEN}*"):
        shutil.rmtree(gone)
    for file in superseded:
        file.unlink(missing_ok=True)


def counting_rows(table: pa.Table) -> NDArray[np.int64]:
    """Positions of the rows that count, by user and event time, of a table in the order of `files`.

    >>> rows = {"user_id": ["a", "a", "a"], "event_timestamp": [1, 2, 1], "samples": [9, 5, 8]}
    >>> counting_rows(pa.table(rows)).tolist()
    [0, 1]
    """
    if not table.num_rows:
        return np.empty(0, dtype=np.int64)
    keys = (user_ranks(table), table[EVENT_TIMESTAMP].cast(pa.int64()).to_numpy())
    order = np.lexsort((table[MEASURED].to_numpy(), keys[1], keys[0]))
    last = np.ones(len(order), dtype=bool)
    last[:-1] = np.any([key[order][1:] != key[order][:-1] for key in keys], axis=0)
    kept: NDArray[np.int64] = order[last]
    return kept


def user_ranks(table: pa.Table) -> NDArray[np.int64]:
    """Each row's user as a number that sorts as the user ids do.

    >>> user_ranks(pa.table({"user_id": ["bob", "ann", "bob"]})).tolist()
    [1, 0, 1]
    """
    return ranks(table[JOIN_KEY])


def ranks(names: pa.ChunkedArray) -> NDArray[np.int64]:
    """Each row's name as a number that sorts as the names do; equal names have one number, and no number is left out.

    >>> ranks(pa.chunked_array([["wrist", "chest", "wrist"]])).tolist()
    [1, 0, 1]
    """
    encoded = names.combine_chunks().dictionary_encode()
    rank = np.argsort(np.argsort(np.array(encoded.dictionary.to_pylist(), dtype=object)))
    found: NDArray[np.int64] = rank[encoded.indices.to_numpy()]
    return found
