"""The output folder: whole or not at all."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models.data_card import CARD
from pipelines.errors import InputError


@contextmanager
def whole(folder: Path) -> Iterator[tuple[Path, Path]]:
    """Yields a folder that takes the place of `folder` at the end, and one for work in progress; both stand beside it.

    Raises InputError where something stands that is no training set. After an error nothing has changed. A crash just
    between the two renames leaves the replaced set in the hidden folder beside.
    """
    if folder.is_symlink() or (folder.exists() and not (folder / CARD).is_file()):
        raise InputError(f"{folder} exists and is no training set; choose another place, nothing was written")
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    fresh, work = temporary / "fresh", temporary / "work"
    try:
        fresh.mkdir()
        work.mkdir()
        yield fresh, work
        _exchange(fresh, folder, temporary / "replaced")
    finally:
        shutil.rmtree(temporary)


def _exchange(fresh: Path, folder: Path, replaced: Path) -> None:
    if folder.exists():
        folder.rename(replaced)
    try:
        fresh.rename(folder)
    except OSError:
        if replaced.exists():
            replaced.rename(folder)
        raise
