"""The newest event of each user in the online store, guarded as window features are."""

import orjson
from feast import FeatureStore

from feature_repo.columns import LATEST_EMOTION
from feature_repo.online import OnlineRow, read_newest, write_newest_events

END_MS = 1_700_000_040_000


def event(user: str, end_ms: int, emotion: str | None = "calm") -> bytes:
    return orjson.dumps(
        {
            "user_id": user,
            "window_start_ms": end_ms - 60_000,
            "window_end_ms": end_ms,
            "emotion": emotion,
            "confidence": 0.0 if emotion is None else 0.75,
            "probabilities": {"calm": 0.75, "stress": 0.25},
            "raw": {"calm": 0.75, "stress": 0.25},
            "members": {},
            "entropy": 0.8,
            "disagreement": 0.1,
            "quality": 0.9,
            "abstained": emotion is None,
            "reason": None if emotion else "low_quality",
            "model_name": "eqm",
            "model_version": "abc",
            "schema_version": 1,
        }
    )


def stored(store: FeatureStore, user: str) -> OnlineRow:
    (row,) = read_newest(store, LATEST_EMOTION, [user])
    assert row is not None
    return row


def test_of_a_batch_each_users_newest_event_is_stored(store: FeatureStore) -> None:
    told = [event("ann", END_MS), event("ben", END_MS, "stress"), event("ann", END_MS + 5_000, "stress")]
    assert write_newest_events(store, told) == 2
    assert (stored(store, "ann").event_timestamp_ms, stored(store, "ann").values["emotion"]) == (
        END_MS + 5000,
        "stress",
    )
    assert stored(store, "ben").values["confidence"] == 0.75


def test_an_older_event_that_is_told_again_changes_nothing(store: FeatureStore) -> None:
    write_newest_events(store, [event("cyd", END_MS + 5_000, "stress")])
    write_newest_events(store, [event("cyd", END_MS)])
    assert stored(store, "cyd").values["emotion"] == "stress"


def test_an_event_that_abstains_takes_the_place_of_one_that_does_not(store: FeatureStore) -> None:
    write_newest_events(store, [event("dan", END_MS)])
    write_newest_events(store, [event("dan", END_MS + 5_000, None)])
    row = stored(store, "dan")
    assert (row.values["emotion"], row.values["abstained"], row.values["reason"]) == (None, True, "low_quality")


def test_no_event_writes_nothing(store: FeatureStore) -> None:
    assert write_newest_events(store, []) == 0
