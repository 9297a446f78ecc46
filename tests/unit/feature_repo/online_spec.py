"""What every online store must do; run on SQLite by the unit tests and on Redis by the integration tests."""

from itertools import count

import numpy as np
import pandas as pd
import pytest
from feast import FeatureStore
from hypothesis import given, settings
from hypothesis import strategies as st

from feature_repo.columns import LATEST_EMOTION, VIEWS, WINDOW_FEATURES, Kind
from feature_repo.errors import FeatureStoreError
from feature_repo.online import OnlineRow, read_newest, write_newest

NOON_MS = 1_700_000_000_000
COLUMNS = VIEWS[WINDOW_FEATURES]


def windows(values: list[float]) -> dict[str, np.ndarray]:
    """Rows whose every column holds the row's value, so that a mixture of two rows is visible."""
    numbers = np.array(values, dtype=np.float64)
    return {c.name: numbers.astype(np.int64) if c.kind is Kind.INT64 else numbers for c in COLUMNS}


def write(store: FeatureStore, user: str, *at_ms: int) -> int:
    """Rows of one user, some milliseconds after noon; that is also the value of their columns."""
    ends = NOON_MS + np.array(at_ms, dtype=np.int64)
    return write_newest(store, WINDOW_FEATURES, [user] * len(at_ms), ends, windows(list(at_ms)))


def read(store: FeatureStore, user: str) -> OnlineRow | None:
    return read_newest(store, WINDOW_FEATURES, [user])[0]


def newest_ms(store: FeatureStore, user: str) -> int:
    """Milliseconds after noon of the user's row, after a check that the row is of one piece."""
    row = read(store, user)
    assert row is not None
    assert list(row.values) == [c.name for c in COLUMNS]
    assert set(row.values.values()) == {row.event_timestamp_ms - NOON_MS}
    return row.event_timestamp_ms - NOON_MS


class OnlineStoreSpec:
    """Subclasses give a `store` fixture, empty for each test."""

    def test_an_older_row_never_replaces_a_newer_one(self, store: FeatureStore) -> None:
        assert write(store, "ann", 10) == 1
        assert write(store, "ann", 5) == 0
        assert write(store, "ann", 9) == 0
        assert newest_ms(store, "ann") == 10
        assert write(store, "ann", 11) == 1
        assert newest_ms(store, "ann") == 11

    def test_feasts_own_push_is_guarded_too(self, store: FeatureStore) -> None:
        write(store, "ann", 10)
        older = pd.DataFrame(windows([5]))
        older["user_id"] = "ann"
        older["event_timestamp"] = pd.to_datetime(NOON_MS + 5, unit="ms", utc=True)
        store.push("window_features_push", older)
        assert newest_ms(store, "ann") == 10
        newer = older.assign(**windows([15]), event_timestamp=pd.to_datetime(NOON_MS + 15, unit="ms", utc=True))
        store.push("window_features_push", newer)
        assert newest_ms(store, "ann") == 15

    def test_the_same_rows_twice_change_nothing(self, store: FeatureStore) -> None:
        write(store, "ann", 10)
        before = read(store, "ann")
        write(store, "ann", 10)
        assert read(store, "ann") == before

    def test_a_batch_collapses_to_the_newest_row_per_user(self, store: FeatureStore) -> None:
        assert write(store, "ann", 10, 30, 20) == 1
        assert newest_ms(store, "ann") == 30

    def test_any_batches_leave_the_newest(self, store: FeatureStore) -> None:
        users = (f"user-{number}" for number in count())

        @given(st.lists(st.lists(st.integers(0, 9), max_size=4), max_size=5))
        @settings(max_examples=15, deadline=None)
        def check(batches: list[list[int]]) -> None:
            user = next(users)
            for batch in batches:
                write(store, user, *batch)
            newest = max((at for batch in batches for at in batch), default=None)
            assert (read(store, user) is None) if newest is None else (newest_ms(store, user) == newest)

        check()

    def test_missing_values_are_none_never_zero(self, store: FeatureStore) -> None:
        columns = windows([7.0])
        columns["hrv_lf"] = np.array([np.nan])
        columns["hr_mean"] = np.array([0.0])
        write_newest(store, WINDOW_FEATURES, ["ann"], np.array([NOON_MS]), columns)
        row = read(store, "ann")
        assert row is not None
        assert row.values["hrv_lf"] is None
        assert row.values["hr_mean"] == 0.0
        served = store.get_online_features(
            features=["window_features:hrv_lf", "window_features:hr_mean"], entity_rows=[{"user_id": "ann"}]
        ).to_dict()
        assert (served["hrv_lf"], served["hr_mean"]) == ([None], [0.0])

    def test_a_value_that_goes_missing_does_not_keep_its_old_one(self, store: FeatureStore) -> None:
        write(store, "ann", 1)
        columns = windows([2.0]) | {"hr_mean": np.array([np.nan])}
        write_newest(store, WINDOW_FEATURES, ["ann"], np.array([NOON_MS + 2000]), columns)
        row = read(store, "ann")
        assert row is not None
        assert row.values["hr_mean"] is None

    def test_an_unknown_user_is_none_beside_known_ones(self, store: FeatureStore) -> None:
        write(store, "ann", 1)
        rows = read_newest(store, WINDOW_FEATURES, ["bob", "ann", "Ünknown"])
        assert [row and row.user_id for row in rows] == [None, "ann", None]

    def test_views_of_one_user_are_apart(self, store: FeatureStore) -> None:
        write(store, "ann", 1)
        text = {"emotion": None, "reason": "low_quality", "model_name": "naïve", "model_version": "1"}
        columns = {
            c.name: np.array([text[c.name]], dtype=object)
            if c.kind is Kind.STRING
            else np.array([1], dtype=bool if c.kind is Kind.BOOL else np.int64 if c.kind is Kind.INT64 else float)
            for c in VIEWS[LATEST_EMOTION]
        }
        write_newest(store, LATEST_EMOTION, ["ann"], np.array([NOON_MS + 9000]), columns)
        emotion = read_newest(store, LATEST_EMOTION, ["ann"])[0]
        assert emotion is not None
        assert {name: emotion.values[name] for name in text} == text
        assert emotion.values["abstained"] is True
        assert newest_ms(store, "ann") == 1

    def test_nothing_in_nothing_out(self, store: FeatureStore) -> None:
        assert write_newest(store, WINDOW_FEATURES, [], np.empty(0, dtype=np.int64), windows([])) == 0
        assert read_newest(store, WINDOW_FEATURES, []) == []

    def test_rows_that_are_not_the_views_are_refused(self, store: FeatureStore) -> None:
        columns = windows([1.0])
        del columns["hr_mean"]
        columns["hart_mean"] = np.array([1.0])
        with pytest.raises(FeatureStoreError, match=r"missing columns \['hr_mean'\], unknown columns \['hart_mean'\]"):
            write_newest(store, WINDOW_FEATURES, ["ann"], np.array([NOON_MS]), columns)
        with pytest.raises(FeatureStoreError, match="different lengths"):
            write_newest(store, WINDOW_FEATURES, ["ann", "bob"], np.array([NOON_MS]), windows([1.0]))
