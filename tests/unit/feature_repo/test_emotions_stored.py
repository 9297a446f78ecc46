"""The newest emotion in the online store: run on SQLite here, and on Redis by the tests on a stack."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from feast import FeatureStore

from feature_repo.columns import LATEST_EMOTION, VIEWS
from feature_repo.errors import FeatureStoreError
from feature_repo.folders import ONLINE
from feature_repo.online import OnlineRow, read_newest, write_newest_events
from feature_repo.store import apply, open_store
from models.ensemble.events import Speaker, WindowAnswers, emotion_events, event_bytes
from schemas.records import EmotionEvent
from schemas.windows import HOP_MS, WINDOW_MS

NOON_MS = 1_700_000_000_000
SPEAKER = Speaker("small", "7", ("calm", "stress"), ("cnn",), 0.5, 0.0)
SHARES = np.array([[0.25, 0.75]])


def made(user: str, window: int, *, quality: float = 0.9, speaker: Speaker = SPEAKER) -> bytes:
    """An event as the stream makes it."""
    start = np.array([NOON_MS + window * HOP_MS])
    answers = WindowAnswers(start, start + WINDOW_MS, np.array([quality]), SHARES, SHARES[:, None])
    return event_bytes(emotion_events(speaker, [user], answers, smoothed=SHARES)[0])


def read(store: FeatureStore, user: str) -> OnlineRow | None:
    return read_newest(store, LATEST_EMOTION, [user])[0]


def expected(event: bytes) -> dict[str, Any]:
    """The row as the event's own record says it."""
    told = EmotionEvent.model_validate_json(event).model_dump(mode="json")
    return {column.name: told[column.name] for column in VIEWS[LATEST_EMOTION]}


class LatestEmotionSpec:
    """Subclasses give a `store` fixture, empty for each test."""

    def holds(self, store: FeatureStore, user: str, event: bytes) -> bool:
        row = read(store, user)
        end_ms = EmotionEvent.model_validate_json(event).window_end_ms
        return row is not None and row.event_timestamp_ms == end_ms and dict(row.values) == expected(event)

    @pytest.mark.parametrize("user", ["ann", "zoë", "a b/c:d", "名" * 40])
    def test_an_event_is_served_as_it_was_told(self, store: FeatureStore, user: str) -> None:
        assert write_newest_events(store, [made(user, 3)]) == 1
        assert self.holds(store, user, made(user, 3))
        assert read(store, user + "x") is None

    @pytest.mark.parametrize(("quality", "reason"), [(0.0, "no_signal"), (0.1, "low_quality"), (0.49, "low_quality")])
    def test_an_event_that_abstains_is_the_newest_too_and_names_no_emotion(
        self, store: FeatureStore, quality: float, reason: str
    ) -> None:
        write_newest_events(store, [made("ann", 3)])
        write_newest_events(store, [made("ann", 4, quality=quality)])
        row = read(store, "ann")
        assert row is not None
        told = [row.values[name] for name in ("emotion", "confidence", "abstained", "reason")]
        assert told == [None, 0.0, True, reason]
        write_newest_events(store, [made("ann", 5)])
        assert self.holds(store, "ann", made("ann", 5))

    @pytest.mark.parametrize("older", [0, 1, 8, 9])
    def test_an_older_event_never_replaces_a_newer_one(self, store: FeatureStore, older: int) -> None:
        write_newest_events(store, [made("ann", 10)])
        assert write_newest_events(store, [made("ann", older)]) == 0
        assert write_newest_events(store, [made("bob", 2), made("ann", older)]) == 1
        assert self.holds(store, "ann", made("ann", 10))
        assert self.holds(store, "bob", made("bob", 2))

    def test_of_a_batch_each_users_newest_counts_in_whatever_order(self, store: FeatureStore) -> None:
        batch = [made(user, window) for user, window in (("ann", 2), ("bob", 9), ("ann", 5), ("bob", 7), ("ann", 4))]
        assert write_newest_events(store, batch) == 2
        assert self.holds(store, "ann", made("ann", 5))
        assert self.holds(store, "bob", made("bob", 9))

    def test_a_replay_changes_nothing(self, store: FeatureStore) -> None:
        batches = [[made("ann", window)] for window in range(6)]
        for batch in batches:
            write_newest_events(store, batch)
        before = read(store, "ann")
        for batch in batches[2:]:
            write_newest_events(store, batch)
            assert read(store, "ann") == before

    def test_the_same_window_told_again_by_another_model_counts(self, store: FeatureStore) -> None:
        """After a failure the window is scored again, and what is committed is the later one."""
        other = Speaker("large", "8", ("stress", "calm"), ("cnn",), 0.5, 0.0)
        write_newest_events(store, [made("ann", 3)])
        write_newest_events(store, [made("ann", 3, speaker=other)])
        assert self.holds(store, "ann", made("ann", 3, speaker=other))

    def test_nothing_in_nothing_out(self, store: FeatureStore) -> None:
        assert write_newest_events(store, []) == 0


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("feast") / "data"
    apply("local", folder)
    return folder


@pytest.fixture
def store(applied: Path) -> Iterator[FeatureStore]:
    """The same store, emptied."""
    with sqlite3.connect(applied / ONLINE) as connection:
        connection.execute(f"DELETE FROM eqm_{LATEST_EMOTION}")
    connection.close()
    opened = open_store("local", applied)
    yield opened
    opened._get_provider().online_store.close_connection()


class TestSqlite(LatestEmotionSpec):
    def test_a_store_that_cannot_be_written_raises_and_keeps_what_it_had(
        self, applied: Path, store: FeatureStore
    ) -> None:
        write_newest_events(store, [made("ann", 1)])
        store.config.online_store.busy_timeout_s = 0.05
        store._get_provider().online_store.close_connection()
        other = sqlite3.connect(applied / ONLINE, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(FeatureStoreError, match="another process has been writing"):
            write_newest_events(store, [made("bob", 1), made("ann", 2)])
        other.execute("ROLLBACK")
        other.close()
        assert self.holds(store, "ann", made("ann", 1))
        assert read(store, "bob") is None

    def test_an_event_without_a_column_is_not_half_written(self, store: FeatureStore) -> None:
        with pytest.raises(KeyError, match="quality"):
            write_newest_events(store, [made("ann", 1), made("bob", 1).replace(b'"quality"', b'"quantity"')])
        assert read(store, "ann") is None
