"""Point-in-time retrieval through the definitions, from Parquet partitioned by day."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from feast import FeatureStore
from hypothesis import given
from hypothesis import strategies as st

from feature_repo.columns import USER_BASELINE, VIEWS, WINDOW_FEATURES, Kind
from feature_repo.errors import FeatureStoreError
from feature_repo.folders import DAY_PARTITION, offline_folder
from feature_repo.point_in_time import join_as_of

MIDNIGHT = datetime(2024, 3, 2, tzinfo=UTC)
ENDS = [MIDNIGHT + timedelta(seconds=s) for s in (-10, -5, 0, 5, 10)]


def rows(user: str, shift: float) -> pd.DataFrame:
    columns = {
        c.name: [int(shift) + i if c.kind is Kind.INT64 else shift + i for i in range(len(ENDS))]
        for c in VIEWS[WINDOW_FEATURES]
    }
    columns["hrv_lf"] = [float("nan")] * len(ENDS)
    return pd.DataFrame({"user_id": user, "event_timestamp": ENDS, **columns})


@pytest.fixture(params=["datetime64[us, UTC]", "datetime64[ms]", "datetime64[ns]"])
def written(folder: Path, request: pytest.FixtureRequest) -> None:
    """Two people around midnight, so that two partitions are needed; instants as various writers store them."""
    table = pd.concat([rows("ann", 0.0), rows("bob", 100.0)])
    table[DAY_PARTITION] = table["event_timestamp"].dt.strftime("%Y-%m-%d")
    if "UTC" not in request.param:
        table["event_timestamp"] = table["event_timestamp"].dt.tz_convert(None)
    table["event_timestamp"] = table["event_timestamp"].astype(request.param)
    pq.write_to_dataset(
        pa.Table.from_pandas(table, preserve_index=False),
        offline_folder(folder, WINDOW_FEATURES),
        partition_cols=[DAY_PARTITION],
    )


@pytest.mark.usefixtures("written")
def test_each_label_gets_the_newest_window_that_had_ended(folder: Path, store: FeatureStore) -> None:
    asked = [("ann", -10), ("ann", -0.001), ("ann", 0), ("bob", 7.5), ("bob", 86_400), ("ann", -11), ("eve", 5)]
    entities = pd.DataFrame(
        {"user_id": [user for user, _ in asked], "event_timestamp": [MIDNIGHT + timedelta(seconds=s) for _, s in asked]}
    )
    names = ["hr_mean", "window_start_ms", "hrv_lf", "quality_gsr"]
    found = store.get_historical_features(entities, [f"{WINDOW_FEATURES}:{name}" for name in names]).to_df()
    assert list(found["user_id"]) == [user for user, _ in asked]
    assert list(found["hr_mean"][:5]) == [0.0, 1.0, 2.0, 103.0, 104.0]
    assert found["hr_mean"][5:].isna().all(), "before the first window, and an unknown user"
    assert list(found["quality_gsr"][:5]) == [0.0, 1.0, 2.0, 103.0, 104.0]
    assert found["hrv_lf"].isna().all()
    assert sorted(p.name for p in offline_folder(folder, WINDOW_FEATURES).iterdir()) == [
        "day=2024-03-01",
        "day=2024-03-02",
    ]


@pytest.mark.usefixtures("written")
def test_a_window_older_than_a_day_is_not_used(store: FeatureStore) -> None:
    late = pd.DataFrame({"user_id": ["ann"], "event_timestamp": [MIDNIGHT + timedelta(days=1, seconds=11)]})
    found = store.get_historical_features(late, [f"{WINDOW_FEATURES}:hr_mean"]).to_df()
    assert found["hr_mean"].isna().all()


def test_nothing_stored_yet(store: FeatureStore) -> None:
    asked = pd.DataFrame({"user_id": ["ann"], "event_timestamp": [MIDNIGHT]})
    found = store.get_historical_features(asked, store.get_feature_service("emotion_model")).to_df()
    assert len(found.columns) == 2 + len(VIEWS[WINDOW_FEATURES]) + len(VIEWS[USER_BASELINE])
    assert found["hr_mean"].isna().all()


def test_files_without_a_column_say_which(folder: Path, store: FeatureStore) -> None:
    day = pd.DataFrame({"user_id": ["ann"], "event_timestamp": [MIDNIGHT], "hr_mean": [1.0]})
    target = offline_folder(folder, USER_BASELINE) / "day=2024-03-02"
    target.mkdir()
    day.to_parquet(target / "part.parquet")
    asked = pd.DataFrame({"user_id": ["ann"], "event_timestamp": [MIDNIGHT]})
    with pytest.raises(FeatureStoreError, match=r"user_baseline: the files lack .*'baseline_windows'"):
        store.get_historical_features(asked, [f"{USER_BASELINE}:baseline_windows"]).to_df()


def test_pushing_offline_is_refused(store: FeatureStore) -> None:
    offline = store._get_provider().offline_store
    row = pa.table({"user_id": ["ann"]})
    with pytest.raises(FeatureStoreError, match="never pushed"):
        offline.offline_write_batch(store.config, store.get_feature_view(WINDOW_FEATURES), row, None)


@given(
    rows=st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 30)), max_size=12),
    asked=st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 40)), min_size=1, max_size=8),
    ttl_s=st.none() | st.integers(1, 20),
)
def test_join_against_the_obvious_way(
    rows: list[tuple[str, int]], asked: list[tuple[str, int]], ttl_s: int | None
) -> None:
    def frame(pairs: list[tuple[str, int]]) -> pd.DataFrame:
        moments = pd.to_datetime([second for _, second in pairs], unit="s", utc=True)
        return pd.DataFrame({"user_id": pd.Series([u for u, _ in pairs], dtype=object), "event_timestamp": moments})

    joined = join_as_of(
        frame(asked),
        frame(rows).assign(row=[float(i) for i in range(len(rows))]),
        ["row"],
        ttl=None if ttl_s is None else timedelta(seconds=ttl_s),
    )
    for (user, second), found in zip(asked, joined["row"], strict=True):
        known = [(s, i) for i, (u, s) in enumerate(rows) if u == user and s <= second]
        fresh = [pair for pair in known if ttl_s is None or second - pair[0] <= ttl_s]
        assert found == max(fresh)[1] if fresh else np.isnan(found)
