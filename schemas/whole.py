"""Files and folders that are there whole or not at all, wherever renaming is atomic (POSIX file systems)."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def whole_file(file: Path) -> Iterator[Path]:
    """Yields a hidden path beside; what was written there takes the place of `file` at the end, and no error leaves it.

    Whoever reads sees the old file or the new one. What a killed process leaves hidden, the next one replaces.
    """
    unfinished = file.with_name(f".{file.name}")
    try:
        yield unfinished
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)


def write_whole(file: Path, text: str) -> None:
    """Text as a whole file, in UTF-8."""
    with whole_file(file) as unfinished:
        unfinished.write_text(text, encoding="utf-8")


@contextmanager
def beside(folder: Path) -> Iterator[Path]:
    """A hidden temporary folder on the same file system, removed at the end.

    Parents of `folder` are made; those that are empty at the end are removed again.
    """
    made = [each for each in folder.parents if not each.exists()]
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary)
        with suppress(OSError):
            for each in made:
                each.rmdir()


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Yields an empty folder that takes the place of `folder` at the end; after an error nothing has changed.

    A crash just between the two renames leaves the replaced folder in a hidden one beside.
    """
    with beside(folder) as temporary:
        fresh = temporary / "fresh"
        fresh.mkdir()
        yield fresh
        exchange(fresh, folder, temporary / "replaced")


@contextmanager
def whole_folder_and_work(folder: Path) -> Iterator[tuple[Path, Path]]:
    """`whole_folder`, and a second empty folder on the same file system for work in progress, removed at the end."""
    with beside(folder) as work, whole_folder(folder) as fresh:
        yield fresh, work


def exchange(fresh: Path, folder: Path, replaced: Path) -> None:
    """Moves a folder into place; what stands there goes to `replaced`, and comes back where the move fails."""
    if folder.exists():
        folder.rename(replaced)
    try:
        fresh.rename(folder)
    except OSError:
        if replaced.exists():
            replaced.rename(folder)
        raise
