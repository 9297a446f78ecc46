"""The output folder: whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models.core.data_card import CARD
from pipelines.core.errors import InputError
from schemas.whole import beside, exchange


@contextmanager
def whole(folder: Path) -> Iterator[tuple[Path, Path]]:
    """Yields a folder that takes the place of `folder` at the end, and one for work in progress; both stand beside it.

    Raises InputError where something stands that is no training set. After an error nothing has changed. A crash just
    between the two renames leaves the replaced set in the hidden folder beside.
    """
    if folder.is_symlink() or (folder.exists() and not (folder / CARD).is_file()):
        raise InputError(f"{folder} exists and is no training set; choose another place, nothing was written")
    with beside(folder) as temporary:
        fresh, work = temporary / "fresh", temporary / "work"
        fresh.mkdir()
        work.mkdir()
        yield fresh, work
        exchange(fresh, folder, temporary / "replaced")
