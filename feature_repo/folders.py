"""Where the store's files stand under a data folder. The names are relative: a data folder may be moved."""

from pathlib import Path
from typing import Final

REGISTRY: Final = "registry.db"
ONLINE: Final = "online.db"
STAMP: Final = "applied.json"
OFFLINE: Final = "offline"
DAY_PARTITION: Final = "day"


def offline_folder(data_folder: Path, view: str) -> Path:
    """The folder of a view's Parquet partitions, `day=YYYY-MM-DD/` by event time in UTC.

    >>> offline_folder(Path("data"), "window_features").as_posix()
    'data/offline/window_features'
    """
    return data_folder / OFFLINE / view
