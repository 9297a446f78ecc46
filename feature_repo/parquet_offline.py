"""An offline store over day-partitioned Parquet that other programs write: Flink's file sink, Beam.

Feast's own file store joins every row of a user with every asked moment before it filters, fails where a
moment has no row, and rewrites all files on a push. Here a join reads the asked users and days only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import dask.dataframe as dd
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
from feast import FeatureView, RepoConfig
from feast.infra.offline_stores.dask import DaskOfflineStore, DaskOfflineStoreConfig, DaskRetrievalJob
from feast.infra.offline_stores.offline_store import RetrievalMetadata
from feast.utils import _get_requested_feature_views_to_features_dict

from feature_repo.columns import EVENT_TIMESTAMP, JOIN_KEY
from feature_repo.errors import FeatureStoreError
from feature_repo.folders import DAY_PARTITION
from feature_repo.point_in_time import join_as_of


class PartitionedParquetOfflineStoreConfig(DaskOfflineStoreConfig):  # type: ignore[misc]
    """Settings of `PartitionedParquetOfflineStore`: none."""

    type: Literal["feature_repo.parquet_offline.PartitionedParquetOfflineStore"] = (
        "feature_repo.parquet_offline.PartitionedParquetOfflineStore"
    )


@dataclass(frozen=True)
class Wanted:
    """Columns of one view, for some users, up to some moment."""

    view: FeatureView
    names: Sequence[str]
    users: Sequence[str]
    first: datetime
    last: datetime

    @property
    def ttl(self) -> timedelta | None:
        """None: a row never grows too old."""
        return self.view.ttl or None


class PartitionedParquetOfflineStore(DaskOfflineStore):  # type: ignore[misc]
    """Both profiles' offline store."""

    @staticmethod
    def get_historical_features(
        config: RepoConfig,
        feature_views: list[FeatureView],
        feature_refs: list[str],
        entity_df: pd.DataFrame,
        registry: object,
        project: str,
        full_feature_names: bool = False,
        **_: object,
    ) -> DaskRetrievalJob:
        """The asked moments, each with the newest features known by then; nothing is read before it is needed."""
        _check(entity_df)
        by_view = _get_requested_feature_views_to_features_dict(feature_refs, feature_views, [])[0]
        folder = Path(config.repo_path)
        return DaskRetrievalJob(
            evaluation_function=lambda: _joined(folder, entity_df, by_view, full_names=full_feature_names),
            full_feature_names=full_feature_names,
            repo_path=str(folder),
            metadata=_metadata(feature_refs, entity_df),
        )

    @staticmethod
    def offline_write_batch(*_: object) -> None:
        """Refused: it would rewrite files that the stream owns."""
        raise FeatureStoreError("offline rows are written by the jobs as Parquet partitions, never pushed")


def _joined(
    folder: Path, asked: pd.DataFrame, by_view: Mapping[FeatureView, Sequence[str]], *, full_names: bool
) -> Any:  # noqa: ANN401
    answer = asked
    moments = pd.to_datetime(asked[EVENT_TIMESTAMP], utc=True)
    for view, names in by_view.items():
        wanted = Wanted(view, names, list(asked[JOIN_KEY].unique()), moments.min(), moments.max())
        rows = read_rows(folder / view.batch_source.path, wanted)
        prefix = f"{view.projection.name_to_use()}__" if full_names else ""
        rows = rows.rename(columns={name: prefix + name for name in names})
        answer = join_as_of(answer, rows, [prefix + name for name in names], ttl=wanted.ttl)
    return dd.from_pandas(answer.reset_index(drop=True), npartitions=1)  # type: ignore[attr-defined]


def read_rows(folder: Path, wanted: Wanted) -> pd.DataFrame:
    """The wanted rows of a folder of `day=` partitions; unfinished files, named `.x` or `_x`, do not count."""
    columns = [JOIN_KEY, EVENT_TIMESTAMP, *wanted.names]
    files = ds.dataset(folder, format="parquet", partitioning="hive")
    if not files.files:
        empty = pd.DataFrame({name: pd.Series(dtype=float) for name in columns})
        return empty.astype({JOIN_KEY: object, EVENT_TIMESTAMP: "datetime64[ns]"})
    missing = [name for name in columns if name not in files.schema.names]
    if missing:
        raise FeatureStoreError(f"{folder}: the files lack the columns {missing}; refill them with `eqm backfill`")
    rows: pd.DataFrame = files.to_table(columns=columns, filter=_filter(files.schema, wanted)).to_pandas()
    return rows


def _filter(schema: pa.Schema, wanted: Wanted) -> ds.Expression:
    kind = schema.field(EVENT_TIMESTAMP).type
    chosen = ds.field(JOIN_KEY).isin(wanted.users) & (ds.field(EVENT_TIMESTAMP) <= _instant(wanted.last, kind))
    days = schema.field(DAY_PARTITION).type if DAY_PARTITION in schema.names else None
    if days is not None:
        chosen &= ds.field(DAY_PARTITION) <= pa.scalar(f"{wanted.last:%Y-%m-%d}").cast(days)
    if wanted.ttl is not None:
        first = wanted.first - wanted.ttl
        chosen &= ds.field(EVENT_TIMESTAMP) >= _instant(first, kind)
        if days is not None:
            chosen &= ds.field(DAY_PARTITION) >= pa.scalar(f"{first:%Y-%m-%d}").cast(days)
    return chosen


def _instant(moment: datetime, kind: pa.TimestampType) -> pa.Scalar:
    """A moment as a column of this type holds it; without time zone that is UTC."""
    floored = pd.Timestamp(moment).floor(kind.unit)
    return pa.scalar(floored if kind.tz else floored.tz_convert(None), type=kind)


def _check(asked: object) -> None:
    if not isinstance(asked, pd.DataFrame) or not {JOIN_KEY, EVENT_TIMESTAMP} <= set(asked.columns):
        raise FeatureStoreError(f"historical features need a data frame with {JOIN_KEY!r} and {EVENT_TIMESTAMP!r}")


def _metadata(references: list[str], asked: pd.DataFrame) -> RetrievalMetadata:
    return RetrievalMetadata(
        features=references,
        keys=[name for name in asked.columns if name != EVENT_TIMESTAMP],
        min_event_timestamp=asked[EVENT_TIMESTAMP].min(),
        max_event_timestamp=asked[EVENT_TIMESTAMP].max(),
    )
