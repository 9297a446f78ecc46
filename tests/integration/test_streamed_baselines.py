"""The emotions job reads the baselines of the online store, and uses each from its own moment on."""

from pathlib import Path

import numpy as np
import pytest

from feature_repo.store import open_store
from models.predictor import Predictor
from pipelines.baseline import moments
from pipelines.baseline_rows import Baseline, baseline_rows, write_online
from pipelines.feature_json import parse_feature_window
from pipelines.replaying import simulated
from pipelines.settings import Settings
from schemas.topics import FEATURES
from tests.integration import streaming

PEOPLE = simulated(2, minutes=3, start="2025-06-01T12:00:00Z", seed=4)


def test_a_window_is_scored_beside_the_baseline_known_by_then(stack: Settings, bundle: Path) -> None:
    streaming.fresh(stack)
    streaming.send(stack, PEOPLE)
    streaming.computed(stack)
    windows = [parse_feature_window(message.value) for message in streaming.committed(stack, FEATURES.name)]
    ends = sorted({window.window_end_ms for window in windows})
    user, from_ms = PEOPLE[0].user_id, ends[len(ends) // 2]
    known = Baseline(user, 12, moments(np.stack([window.features for window in windows if window.user_id == user])))
    write_online(open_store("local", stack.feast_folder), baseline_rows([known], from_ms))

    streaming.felt(stack, bundle)

    beside = np.array([window.user_id == user and window.window_end_ms >= from_ms for window in windows])
    assert 0 < beside.sum() < sum(window.user_id == user for window in windows)
    expected = Predictor.load(bundle).predict(
        np.stack([window.features for window in windows]),
        np.stack([window.sequence for window in windows]),
        np.where(beside[:, None], known.moments.mean, np.nan),
    )
    events = streaming.events(stack)
    for window, raw in zip(windows, expected.probabilities, strict=True):
        given = list(events[window.user_id, window.window_start_ms]["raw"].values())
        assert given == pytest.approx(raw.tolist(), abs=1e-6)
