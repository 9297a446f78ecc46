"""Point-in-time retrieval through the definitions, from Parquet partitioned by day."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from feast import FeatureStore

from feature_repo.columns import LATEST_EMOTION, USER_BASELINE, VIEWS, WINDOW_FEATURES, Kind
from feature_repo.errors import FeatureStoreError
from feature_repo.folders import DAY_PARTITION, offline_folder

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
    with pytest.raises(FeatureStoreError, match=r"user_baseline/.*part.parquet lacks .*'baseline_windows'"):
        store.get_historical_features(asked, [f"{USER_BASELINE}:baseline_windows"]).to_df()


def test_pushing_offline_is_refused(store: FeatureStore) -> None:
    offline = store._get_provider().offline_store
    row = pa.table({"user_id": ["ann"]})
    with pytest.raises(FeatureStoreError, match="never pushed"):
        offline.offline_write_batch(store.config, store.get_feature_view(WINDOW_FEATURES), row, None)


def test_a_moment_without_a_time_is_refused(store: FeatureStore) -> None:
    asked = pd.DataFrame({"user_id": ["ann", "bob"], "event_timestamp": [MIDNIGHT, None]})
    with pytest.raises(FeatureStoreError, match="1 of 2 rows have no 'event_timestamp'"):
        store.get_historical_features(asked, [f"{WINDOW_FEATURES}:hr_mean"])


@pytest.mark.usefixtures("written")
def test_a_name_that_would_come_twice_is_refused(store: FeatureStore) -> None:
    asked = pd.DataFrame({"user_id": ["ann"], "event_timestamp": [MIDNIGHT], "hr_mean": [1.0]})
    with pytest.raises(FeatureStoreError, match=r"\['hr_mean'\] twice"):
        store.get_historical_features(asked, [f"{WINDOW_FEATURES}:hr_mean"]).to_df()
    found = store.get_historical_features(asked, [f"{WINDOW_FEATURES}:hr_mean"], full_feature_names=True).to_df()
    assert found[["hr_mean", f"{WINDOW_FEATURES}__hr_mean"]].values.tolist() == [[1.0, 2.0]]


@pytest.mark.usefixtures("written")
def test_the_frame_is_whole_and_can_be_written_to(store: FeatureStore) -> None:
    asked = pd.DataFrame({"user_id": ["bob", "ann"], "event_timestamp": [MIDNIGHT] * 2, "label": [0.5, 1.0]}, [7, 3])
    service = store.get_feature_service("emotion_model")
    found = store.get_historical_features(asked, service).to_df()
    names = [f"{view}:{column.name}" for view in (WINDOW_FEATURES, USER_BASELINE) for column in VIEWS[view]]
    assert list(found.columns) == [*asked.columns, *(name.partition(":")[2] for name in names)]
    assert list(found.index) == [0, 1]
    assert found["window_start_ms"].tolist() == [102, 2]
    found["more"] = 1.0
    found.loc[0, "hr_mean"] = 5.0
    again = store.get_historical_features(asked, service).to_df()
    assert again["hr_mean"].tolist() == [102.0, 2.0]


@pytest.mark.usefixtures("written")
def test_an_arrow_table_holds_the_same_with_null_for_missing(store: FeatureStore) -> None:
    asked = pd.DataFrame({"user_id": ["bob", "eve"], "event_timestamp": [MIDNIGHT] * 2})
    names = [f"{WINDOW_FEATURES}:{name}" for name in ("samples", "hr_mean", "hrv_lf")]
    found = store.get_historical_features(asked, names).to_arrow()
    assert found.select(["hr_mean", "hrv_lf"]).to_pydict() == {"hr_mean": [102.0, None], "hrv_lf": [None, None]}
    assert found["samples"].to_pylist() == [102, None]


def test_text_and_truth_values(folder: Path, store: FeatureStore) -> None:
    day = offline_folder(folder, LATEST_EMOTION) / "day=2024-03-02"
    day.mkdir()
    values = {
        column.name: [{Kind.STRING: "happy", Kind.BOOL: True, Kind.INT64: 3}.get(column.kind, 0.5)] * 2
        for column in VIEWS[LATEST_EMOTION]
    }
    values["emotion"] = ["sad", "happy"]
    keys = {"user_id": ["ann"] * 2, "event_timestamp": [MIDNIGHT.replace(tzinfo=None)] * 2}
    pq.write_table(pa.table({**keys, **values}), day / "part-0")
    asked = pd.DataFrame({"user_id": ["ann", "bob"], "event_timestamp": [MIDNIGHT] * 2})
    names = [f"{LATEST_EMOTION}:{name}" for name in ("emotion", "abstained", "confidence")]
    found = store.get_historical_features(asked, names).to_df()
    assert found["emotion"].tolist() == ["happy", None], "of rows with equal time the last one"
    assert found["abstained"].tolist() == [True, None]
    assert found["confidence"][0] == 0.5


def test_a_torn_file_is_named(folder: Path, store: FeatureStore) -> None:
    day = offline_folder(folder, WINDOW_FEATURES) / "day=2024-03-02"
    day.mkdir()
    (day / "part-torn").write_bytes(b"PAR1 and then nothing")
    asked = pd.DataFrame({"user_id": ["ann"], "event_timestamp": [MIDNIGHT]})
    with pytest.raises(FeatureStoreError, match=r"part-torn is no whole Parquet file"):
        store.get_historical_features(asked, [f"{WINDOW_FEATURES}:hr_mean"]).to_df()


def test_no_moments_give_no_rows(store: FeatureStore) -> None:
    asked = pd.DataFrame({"user_id": pd.Series([], dtype=object), "event_timestamp": pd.to_datetime([])})
    assert store.get_historical_features(asked, [f"{WINDOW_FEATURES}:hr_mean"]).to_df().shape == (0, 3)
