from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from models.bundle.folder import read_manifest
from models.core.manifest import Manifest
from models.ensemble.events import Speaker, WindowAnswers, emotion_events, event_bytes, model_quality
from schemas.channels import CHANNEL_INDEX, CHANNEL_NAMES
from schemas.records import EmotionEvent
from tests.unit.models.people import START_MS

SMOOTHED = np.array([0.2, 0.7, 0.1])


@dataclass(frozen=True)
class Window:
    window_start_ms: int = START_MS
    window_end_ms: int = START_MS + 60_000
    raw: np.ndarray = field(default_factory=lambda: np.array([0.1, 0.2, 0.7], dtype=np.float32))
    members: np.ndarray = field(default_factory=lambda: np.eye(3, dtype=np.float32)[[0, 1, 2, 0, 1, 2, 1]])
    quality: np.ndarray = field(default_factory=lambda: np.ones(len(CHANNEL_NAMES)))


@pytest.fixture(scope="module")
def manifest(bundle: Path) -> Manifest:
    """Of a model that reads sequences alone."""
    read = ("hr", "ibi", "gsr", "temp", "acc_x", "acc_y", "acc_z")
    return read_manifest(bundle).model_copy(update={"channels": read})


def emotion_event(manifest: Manifest, user_id: str, window: Window, *, smoothed: np.ndarray) -> dict[str, Any]:
    """The event of one window."""
    answers = WindowAnswers(
        np.array([window.window_start_ms]),
        np.array([window.window_end_ms]),
        model_quality(manifest, window.quality[None]),
        window.raw[None],
        window.members[None],
    )
    return emotion_events(Speaker.of(manifest), [user_id], answers, smoothed=smoothed[None])[0]


def quality(**given: float) -> np.ndarray:
    """Quality of the named channels; all others are absent."""
    values = np.zeros(len(CHANNEL_NAMES))
    for name, value in given.items():
        values[CHANNEL_INDEX[name]] = value
    return values


def test_an_event_is_a_valid_record(manifest: Manifest) -> None:
    event = emotion_event(manifest, "ada", Window(), smoothed=SMOOTHED)
    record = EmotionEvent.model_validate_json(event_bytes(event))
    assert (record.emotion, record.confidence, record.reason) == ("stress", 0.7, None)
    assert record.raw == {"calm": 0.1, "stress": 0.2, "exercise": 0.7}
    assert record.members["fusion"] == {"calm": 0, "stress": 1, "exercise": 0}
    assert list(record.members) == list(manifest.member_names)
    assert record.model_version == manifest.version
    assert set(orjson.loads(event_bytes(event))) == set(EmotionEvent.model_fields)


def test_low_quality_abstains(manifest: Manifest) -> None:
    window = Window(quality=quality(hr=0.9, ibi=0.9, gsr=0.9, temp=0.7))
    record = EmotionEvent.model_validate_json(event_bytes(emotion_event(manifest, "ada", window, smoothed=SMOOTHED)))
    assert record.quality == pytest.approx(3.4 / 7)
    assert (record.abstained, record.emotion, record.confidence, record.reason) == (True, None, 0, "low_quality")
    assert record.probabilities["stress"] == 0.7


def test_an_unsure_answer_abstains(manifest: Manifest) -> None:
    careful = manifest.model_copy(update={"min_confidence": 0.71, "stated_risk": 0.1})
    record = EmotionEvent.model_validate_json(event_bytes(emotion_event(careful, "ada", Window(), smoothed=SMOOTHED)))
    assert (record.abstained, record.emotion, record.confidence, record.reason) == (True, None, 0, "low_confidence")
    assert record.probabilities["stress"] == 0.7
    enough = manifest.model_copy(update={"min_confidence": 0.7})
    assert emotion_event(enough, "ada", Window(), smoothed=SMOOTHED)["emotion"] == "stress"


@pytest.mark.parametrize(("good", "reason"), [(0.0, "no_signal"), (0.2, "low_quality"), (1.0, "low_confidence")])
def test_quality_is_judged_before_confidence(manifest: Manifest, good: float, reason: str) -> None:
    careful = manifest.model_copy(update={"min_confidence": 0.9})
    window = Window(quality=np.full(len(CHANNEL_NAMES), good))
    assert emotion_event(careful, "ada", window, smoothed=SMOOTHED)["reason"] == reason


def test_a_device_on_a_table_gives_no_signal_however_good_the_rest(manifest: Manifest) -> None:
    window = Window(quality=quality(temp=1, acc_x=1, acc_y=1, acc_z=1, spo2=1))
    event = emotion_event(manifest, "ada", window, smoothed=SMOOTHED)
    assert (event["quality"], event["reason"], event["emotion"]) == (0, "no_signal", None)


@pytest.mark.parametrize("heart", [0.15, 0.49])
def test_quality_is_at_most_that_of_the_bodys_best_channel(manifest: Manifest, heart: float) -> None:
    window = Window(quality=quality(hr=heart, temp=1, acc_x=1, acc_y=1, acc_z=1))
    event = emotion_event(manifest, "ada", window, smoothed=SMOOTHED)
    assert (event["quality"], event["reason"]) == (heart, "low_quality")


def test_channels_that_the_model_does_not_use_do_not_count(manifest: Manifest) -> None:
    window = Window(quality=quality(spo2=1, gyro_x=1, hrv=1))
    event = emotion_event(manifest, "ada", window, smoothed=SMOOTHED)
    assert (event["quality"], event["reason"]) == (0, "no_signal")


def test_quality_at_the_bound_is_enough(manifest: Manifest) -> None:
    window = Window(quality=np.full(len(CHANNEL_NAMES), manifest.min_quality))
    assert emotion_event(manifest, "ada", window, smoothed=SMOOTHED)["emotion"] == "stress"


def test_the_emotion_is_the_most_probable_one_as_published(manifest: Manifest) -> None:
    tie = np.array([0.4, 0.4 + 1e-12, 0.2])
    assert emotion_event(manifest, "ada", Window(), smoothed=tie)["emotion"] == "calm"


def test_an_event_does_not_depend_on_those_made_with_it(manifest: Manifest) -> None:
    rng = np.random.default_rng(5)
    n, labels, members = 40, len(manifest.labels), len(manifest.members)
    start = np.arange(n) * 5_000 + START_MS
    quality_of = model_quality(manifest, rng.random((n, len(CHANNEL_NAMES))))
    raw, each = rng.random((n, labels), dtype=np.float32), rng.random((n, members, labels), dtype=np.float32)
    smoothed = rng.dirichlet(np.ones(labels), n)
    answers = WindowAnswers(start, start + 60_000, quality_of, raw, each)
    together = emotion_events(Speaker.of(manifest), [f"user-{row}" for row in range(n)], answers, smoothed=smoothed)
    for row in range(n):
        one = WindowAnswers(start[[row]], start[[row]] + 60_000, quality_of[[row]], raw[[row]], each[[row]])
        alone = emotion_events(Speaker.of(manifest), [f"user-{row}"], one, smoothed=smoothed[[row]])
        assert alone == [together[row]]


def test_a_speaker_comes_back_from_bytes(manifest: Manifest) -> None:
    speaker = Speaker.of(manifest)
    assert Speaker.from_bytes(speaker.as_bytes) == speaker
