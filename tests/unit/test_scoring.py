"""Feature records to events: bad ones spoil nothing, smoothing is by event time, the stream's order does not matter."""

from pathlib import Path

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feature_repo.online import OnlineRow
from models.predictor import Predictor
from models.training_set import MEAN_NAMES
from pipelines.feature_json import feature_window_json, parse_feature_window
from pipelines.features import compute_windows
from pipelines.known_baselines import KnownBaselines
from pipelines.scored import ScoredWindow
from pipelines.scoring import Scorer, Smoother
from pipelines.windowing import windows
from schemas.records import EmotionEvent
from tests.unit.signals import drawn


@pytest.fixture(scope="module")
def payloads() -> list[bytes]:
    formed = windows(drawn.window(3))
    computed = compute_windows(formed.window_start_ms, formed.samples, formed.offsets)
    starts = formed.window_start_ms.tolist()
    return [feature_window_json(computed, row, user_id="ann", window_start_ms=at) for row, at in enumerate(starts)]


@pytest.fixture
def scorer(bundle: Path) -> Scorer:
    return Scorer(Predictor.load(bundle), KnownBaselines(lambda users: [None] * len(users), lambda: 0.0))


def test_a_bad_record_spoils_none_of_the_others(scorer: Scorer, payloads: list[bytes]) -> None:
    alone = scorer.score(payloads[:3])
    strange = orjson.dumps({**orjson.loads(payloads[0]), "schema_hash": "0" * 16})
    mixed = scorer.score([payloads[0], b"{", payloads[1], strange, payloads[2], b""])
    assert [mixed[0], mixed[2], mixed[4]] == alone
    assert [answer.scored for answer in (mixed[1], mixed[3], mixed[5])] == [None] * 3
    assert "schema_hash" in str(mixed[3].fault)
    assert scorer.score([]) == []


def test_a_window_is_scored_beside_its_users_baseline(bundle: Path, payloads: list[bytes]) -> None:
    predictor, window = Predictor.load(bundle), parse_feature_window(payloads[5])
    known = OnlineRow("ann", window.window_end_ms, dict.fromkeys(MEAN_NAMES, 1.5))
    scorer = Scorer(predictor, KnownBaselines(lambda users: [known] * len(users), lambda: 0.0))
    before, now = (
        ScoredWindow.from_bytes(answer.scored or b"", labels=3) for answer in scorer.score([payloads[4], payloads[5]])
    )
    level = np.full((1, len(MEAN_NAMES)), 1.5)
    with_level = predictor.predict(window.features[None], window.sequence[None], level)
    np.testing.assert_array_equal(now.members, with_level.members[0])
    assert not np.array_equal(now.members, predictor.predict(window.features[None], window.sequence[None]).members[0])
    earlier = parse_feature_window(payloads[4])
    without = predictor.predict(earlier.features[None], earlier.sequence[None])
    np.testing.assert_array_equal(before.members, without.members[0])


def test_events_do_not_depend_on_the_order_of_recent_windows(
    bundle: Path, scorer: Scorer, payloads: list[bytes]
) -> None:
    scored = [answer.scored or b"" for answer in scorer.score(payloads[:6])]
    smoother = Smoother.load(str(bundle))
    event = smoother.event("ann", scored[-1], scored)
    assert event == smoother.event("ann", scored[-1], scored[::-1])
    parsed = EmotionEvent.model_validate_json(event)
    raw = [ScoredWindow.from_bytes(blob, labels=len(smoother.manifest.labels)).raw for blob in scored]
    assert list(parsed.probabilities.values()) == pytest.approx(np.mean(raw, axis=0), abs=2e-7)


@given(st.integers(2, 7), st.integers(1, 5), st.integers(0, 2**41), st.lists(st.floats(0, 1), min_size=12, max_size=12))
@settings(deadline=None)
def test_scored_windows_come_back_bit_for_bit(labels: int, members: int, start_ms: int, quality: list[float]) -> None:
    rng = np.random.default_rng(labels)
    window = ScoredWindow(
        start_ms, start_ms + 60_000, rng.random(labels), rng.random((members, labels)), np.array(quality)
    )
    back = ScoredWindow.from_bytes(window.to_bytes(), labels=labels)
    assert (back.window_start_ms, back.window_end_ms) == (start_ms, start_ms + 60_000)
    for name in ("raw", "members", "quality"):
        np.testing.assert_array_equal(getattr(back, name), getattr(window, name))
