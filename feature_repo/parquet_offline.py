"""An offline store over day-partitioned Parquet that other programs write: Flink's file sink, Beam.

Feast's own file store joins every row of a user with every asked moment before it filters, fails where a
moment has no row, and rewrites all files on a push. Here a join reads the asked users and days only, and copies
every value once. See docs/decisions/0003-own-adapters-to-feast.md.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pyarrow as pa
from feast import FeatureView, RepoConfig
from feast.infra.offline_stores.dask import DaskOfflineStore, DaskOfflineStoreConfig, DaskRetrievalJob
from feast.infra.offline_stores.offline_store import RetrievalMetadata
from feast.utils import _get_requested_feature_views_to_features_dict

from feature_repo.columns import EVENT_TIMESTAMP, JOIN_KEY
from feature_repo.errors import FeatureStoreError
from feature_repo.historical import Lookup, join


class PartitionedParquetOfflineStoreConfig(DaskOfflineStoreConfig):  # type: ignore[misc]
    """Settings of `PartitionedParquetOfflineStore`: none."""

    type: Literal["feature_repo.parquet_offline.PartitionedParquetOfflineStore"] = (
        "feature_repo.parquet_offline.PartitionedParquetOfflineStore"
    )


class HistoricalFeatures(DaskRetrievalJob):  # type: ignore[misc]
    """The answer to a historical retrieval: made when it is asked for, each value copied once."""

    def _to_df_internal(self, timeout: int | None = None) -> pd.DataFrame:
        frame: pd.DataFrame = self.evaluation_function()
        return frame

    def _to_arrow_internal(self, timeout: int | None = None) -> pa.Table:
        return pa.Table.from_pandas(self.evaluation_function(), preserve_index=False)

    def to_df(self, validation_reference: Any = None, timeout: int | None = None) -> pd.DataFrame:  # noqa: ANN401
        """The asked frame with the features beside it; Feast's own way leads through Arrow and copies all thrice."""
        if validation_reference is None:
            return self._to_df_internal(timeout)
        frame: pd.DataFrame = super().to_df(validation_reference, timeout)
        return frame


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
    ) -> HistoricalFeatures:
        """The asked moments, each with the newest features known by then; nothing is read before it is needed."""
        _check(entity_df)
        by_view = _get_requested_feature_views_to_features_dict(feature_refs, feature_views, [])[0]
        folder = Path(config.repo_path)
        lookups = [_lookup(folder, view, names, full_names=full_feature_names) for view, names in by_view.items()]
        return HistoricalFeatures(
            evaluation_function=lambda: join(entity_df, lookups),
            full_feature_names=full_feature_names,
            repo_path=str(folder),
            metadata=_metadata(feature_refs, entity_df),
        )

    @staticmethod
    def offline_write_batch(*_: object) -> None:
        """Refused: it would rewrite files that the stream owns."""
        raise FeatureStoreError("offline rows are written by the jobs as Parquet partitions, never pushed")


def _lookup(folder: Path, view: FeatureView, names: Sequence[str], *, full_names: bool) -> Lookup:
    return Lookup(
        view.name,
        folder / view.batch_source.path,
        names,
        ttl_ns=pd.Timedelta(view.ttl).value if view.ttl else None,
        prefix=f"{view.projection.name_to_use()}__" if full_names else "",
    )


def _check(asked: object) -> None:
    if not isinstance(asked, pd.DataFrame) or not {JOIN_KEY, EVENT_TIMESTAMP} <= set(asked.columns):
        raise FeatureStoreError(f"historical features need a data frame with {JOIN_KEY!r} and {EVENT_TIMESTAMP!r}")
    undated = int(asked[EVENT_TIMESTAMP].isna().sum())
    if undated:
        raise FeatureStoreError(f"{undated} of {len(asked)} rows have no {EVENT_TIMESTAMP!r}: leave them out")


def _metadata(references: list[str], asked: pd.DataFrame) -> RetrievalMetadata:
    return RetrievalMetadata(
        features=references,
        keys=[name for name in asked.columns if name != EVENT_TIMESTAMP],
        min_event_timestamp=asked[EVENT_TIMESTAMP].min(),
        max_event_timestamp=asked[EVENT_TIMESTAMP].max(),
    )
