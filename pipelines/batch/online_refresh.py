"""The online store, brought up to the newest offline rows; a fresher row there stays."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq

from feature_repo.columns import EVENT_TIMESTAMP, JOIN_KEY, VIEWS, WINDOW_FEATURES
from feature_repo.partitions import day_folder, recomputed

if TYPE_CHECKING:
    from feature_repo.store import FeatureStore


def refresh_online(store: "FeatureStore", offline: Path, days: Iterable[str]) -> int:
    """Writes each user's newest recomputed row of these days; returns how many rows the store took."""
    from feature_repo.online import write_newest

    written = 0
    for rows in _newest(offline, sorted(days, reverse=True)):
        columns = {column.name: rows[column.name].to_numpy() for column in VIEWS[WINDOW_FEATURES]}
        at_ms = rows[EVENT_TIMESTAMP].cast("int64").to_numpy()
        written += write_newest(store, WINDOW_FEATURES, rows[JOIN_KEY].to_pylist(), at_ms, columns)
    return written


def _newest(offline: Path, days: Iterable[str]) -> Iterator["pq.pa.Table"]:
    """Newest rows of users not seen in later files; a file without such users is read for its user ids alone."""
    seen: set[str] = set()
    for day in days:
        for file in reversed(recomputed(day_folder(offline, day))):
            users = np.array(pq.read_table(file, columns=[JOIN_KEY])[JOIN_KEY].to_pylist(), dtype=object)
            last = np.append(users[1:] != users[:-1], True) if len(users) else np.empty(0, dtype=bool)
            fresh = np.flatnonzero(last & ~np.isin(users, list(seen)))
            if len(fresh):
                seen.update(users[fresh])
                yield pq.read_table(file).take(fresh)
