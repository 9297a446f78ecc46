"""The emotions job reads the baselines of the online store, and uses each from its own moment on."""

from pathlib import Path

import numpy as np
import pytest

from feature_repo.store import open_store
from models.bundle.predictor import Predictor
from pipelines.baselines.resting import moments
from pipelines.baselines.rows import Baseline, baseline_rows, write_online
from pipelines.core.settings import Settings
from pipelines.features.records import parse_feature_records
from pipelines.replay.people import simulated
from schemas.topics import FEATURES
from tests.integration import streaming

PEOPLE = simulated(2, minutes=3, start="2025-06-01T12:00:00Z", seed=4)


def test_a_window_is_scored_beside_the_baseline_known_by_then(stack: Settings, bundle: Path) -> None:
    streaming.fresh(stack)
    streaming.send(stack, PEOPLE)
    streaming.computed(stack)
    windows, _ = parse_feature_records([message.value for message in streaming.committed(stack, FEATURES.name)])
    ends = np.unique(windows.window_end_ms)
    user, from_ms = PEOPLE[0].user_id, int(ends[len(ends) // 2])
    theirs = np.array(windows.user_id) == user
    known = Baseline(user, 12, moments(windows.features[theirs]))
    write_online(open_store("local", stack.feast_folder), baseline_rows([known], from_ms))

    streaming.felt(stack, bundle)

    beside = theirs & (windows.window_end_ms >= from_ms)
    assert 0 < beside.sum() < theirs.sum()
    baselines = np.where(beside[:, None], known.moments.mean, np.nan)
    expected = Predictor.load(bundle).predict(windows.features, windows.sequence, baselines)
    events = streaming.events(stack)
    keys = zip(windows.user_id, windows.window_start_ms.tolist(), strict=True)
    for key, raw in zip(keys, expected.probabilities, strict=True):
        assert list(events[key]["raw"].values()) == pytest.approx(raw.tolist(), abs=1e-6)
