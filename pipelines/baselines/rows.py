"""Baselines as rows of the feature store, offline and online."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from feature_repo.columns import EVENT_TIMESTAMP, JOIN_KEY, USER_BASELINE, VIEWS
from feature_repo.offline_schema import arrow_schema
from feature_repo.store import open_store
from pipelines.baselines.resting import Moments
from pipelines.core.settings import Settings
from schemas.whole import whole_file

if TYPE_CHECKING:
    from feature_repo.store import FeatureStore

COLUMNS = tuple(column.name for column in VIEWS[USER_BASELINE])


@dataclass(frozen=True, eq=False)
class Baseline:
    """A user's resting level, and from how many windows it was taken."""

    user_id: str
    windows: int
    moments: Moments


def baseline_rows(baselines: Sequence[Baseline], event_timestamp_ms: int) -> pa.Table:
    """Rows as the offline store keeps them, users ascending; missing values are NaN."""
    ordered = sorted(baselines, key=lambda each: each.user_id)
    levels = [np.concatenate([each.moments.mean, each.moments.std]) for each in ordered]
    numbers = np.array(levels, dtype=np.float64).reshape(len(ordered), len(COLUMNS) - 1)
    columns = {
        JOIN_KEY: pa.array([each.user_id for each in ordered], pa.string()),
        EVENT_TIMESTAMP: pa.array([event_timestamp_ms] * len(ordered), pa.timestamp("ms")),
        **dict(zip(COLUMNS, [[each.windows for each in ordered], *np.ascontiguousarray(numbers.T)], strict=True)),
    }
    return pa.table(columns, schema=arrow_schema(USER_BASELINE))


def write_offline(rows: pa.Table, file: Path) -> None:
    """A whole file or none; equal rows give equal bytes."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(file) as unfinished:
        pq.write_table(rows, unfinished, compression="snappy", use_dictionary=[JOIN_KEY])


def write_online(store: "FeatureStore", rows: pa.Table) -> int:
    """Rows to the online store, where a fresher one stays; returns how many it took."""
    from feature_repo.online import write_newest

    columns = {name: rows[name].to_numpy() for name in COLUMNS}
    at_ms = rows[EVENT_TIMESTAMP].cast(pa.int64()).to_numpy()
    return write_newest(store, USER_BASELINE, rows[JOIN_KEY].to_pylist(), at_ms, columns)


def opened(settings: Settings) -> "FeatureStore":
    """The feature store; raises FeatureStoreError where it is not applied."""
    return open_store(settings.feast_profile, settings.feast_folder, settings.redis_url or None)
