"""Feature records to events: bad ones spoil nothing, smoothing is by event time, the stream's order does not matter."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feature_repo.online import OnlineRow
from models.bundle.predictor import Predictor
from models.ensemble.events import Speaker, WindowAnswers
from pipelines.baselines.online_cache import BaselineLookUp
from pipelines.features.compute import compute_windows
from pipelines.features.records import as_read, feature_records, parse_feature_record
from pipelines.features.windowing import windows
from pipelines.inference.active_models import ActiveModels, has
from pipelines.inference.scorer import ModelAnswer, Scorer
from pipelines.inference.smoothed_events import events
from pipelines.inference.wire_format import (
    answer_blobs,
    by_speaker,
    ends_and_answers,
    label_set_id,
    parted,
    scored_blobs,
)
from schemas.feature_table import MEAN_NAMES
from schemas.records import EmotionEvent
from schemas.roles import Role
from tests.unit.signals import drawn

USERS = [f"user-{number}" for number in range(12)]
NOBODY = BaselineLookUp(lambda users: [None] * len(users), lambda: 0.0)


FORMED = windows(drawn.window(3), 0)
COMPUTED = compute_windows(FORMED.window_start_ms, FORMED.samples, FORMED.offsets)
OF_ANN = ["ann"] * len(FORMED.window_start_ms)


@pytest.fixture(scope="module")
def payloads() -> list[bytes]:
    return feature_records(COMPUTED, OF_ANN, FORMED.window_start_ms)


@pytest.fixture(scope="module")
def of_many(payloads: list[bytes]) -> list[bytes]:
    """One window of everybody."""
    return [payloads[5].replace(b"\x06ann", bytes([2 * len(user)]) + user.encode(), 1) for user in USERS]


@pytest.fixture(scope="module")
def model(bundle: Path) -> Predictor:
    return Predictor.load(bundle)


def scorer(serve: Predictor, baselines: BaselineLookUp = NOBODY, **guests: object) -> Scorer:
    now = ActiveModels(serve, **guests)  # type: ignore[arg-type]
    return Scorer(lambda: now, baselines, lambda: 0.0)


def other(model: Predictor, version: str, labels: tuple[str, ...] | None = None) -> Predictor:
    changes = {"version": version, "labels": labels or model.labels}
    return Predictor(model.manifest.model_copy(update=changes), model.answer)


def told(answers: list[ModelAnswer], users: list[str], past: list[ModelAnswer] | None = None) -> list[EmotionEvent]:
    """Events of windows, each after those before."""
    before = [answer.answer or b"" for answer in past or []]
    recent = [[*before, answer.answer or b""] for answer in answers]
    found = events(users, [answer.scored or b"" for answer in answers], recent)
    return [EmotionEvent.model_validate_json(event) for event, _ in found]


def raw_of(answer: ModelAnswer) -> WindowAnswers:
    return next(by_speaker([parted(answer.scored or b"")[0]]))[2]


def test_a_bad_record_spoils_none_of_the_others(model: Predictor, payloads: list[bytes]) -> None:
    alone = scorer(model).score(payloads[:3])
    strange = payloads[0][:-8] + bytes(8)
    mixed = scorer(model).score([payloads[0], b"{", payloads[1], strange, payloads[2], b""])
    assert [mixed[0], mixed[2], mixed[4]] == alone
    assert [answer.scored for answer in (mixed[1], mixed[3], mixed[5])] == [None] * 3
    assert "schema_hash" in str(mixed[3].fault)
    assert scorer(model).score([]) == []


def test_computed_windows_are_scored_as_their_records_are(model: Predictor, payloads: list[bytes]) -> None:
    """To the last bit: one job and two give the same events."""
    by_record = [(answer.scored, answer.answer) for answer in scorer(model).score(payloads)]
    assert scorer(model).blobs(as_read(COMPUTED, OF_ANN, FORMED.window_start_ms)) == by_record
    assert scorer(model).blobs(as_read(COMPUTED.rows(slice(0)), [], FORMED.window_start_ms[:0])) == []


def test_a_window_is_scored_beside_its_users_baseline(model: Predictor, payloads: list[bytes]) -> None:
    window = parse_feature_record(payloads[5])
    known = OnlineRow("ann", window.window_end_ms.item(), dict.fromkeys(MEAN_NAMES, 1.5))
    baselines = BaselineLookUp(lambda users: [known] * len(users), lambda: 0.0)
    before, now = (raw_of(answer) for answer in scorer(model, baselines).score([payloads[4], payloads[5]]))
    level = np.full((1, len(MEAN_NAMES)), 1.5)
    with_level = model.predict(window.features, window.sequence, level)
    np.testing.assert_array_equal(now.members, with_level.members)
    assert not np.array_equal(now.members, model.predict(window.features, window.sequence).members)
    earlier = parse_feature_record(payloads[4])
    without = model.predict(earlier.features, earlier.sequence)
    np.testing.assert_array_equal(before.members, without.members)


def test_events_do_not_depend_on_the_order_of_recent_windows(model: Predictor, payloads: list[bytes]) -> None:
    answers = scorer(model).score(payloads[:6])
    scored, recent = answers[-1].scored or b"", [answer.answer or b"" for answer in answers]
    assert events(["ann"], [scored], [recent]) == events(["ann"], [scored], [recent[::-1]])
    (event,) = told(answers[-1:], ["ann"], answers[:-1])
    raw = [raw_of(answer).raw[0] for answer in answers]
    assert list(event.probabilities.values()) == pytest.approx(np.mean(raw, axis=0), abs=2e-7)


def test_a_mean_goes_on_over_models_with_the_same_labels(model: Predictor, payloads: list[bytes]) -> None:
    before = scorer(model).score(payloads[:3])
    after = scorer(other(model, "2")).score(payloads[3:4])
    (event,) = told(after, ["ann"], before)
    assert (event.model_version, list(event.probabilities)) == ("2", list(model.labels))
    raw = [raw_of(answer).raw[0] for answer in (*before, *after)]
    assert list(event.probabilities.values()) == pytest.approx(np.mean(raw, axis=0), abs=2e-7)


def test_a_mean_begins_anew_with_other_labels(model: Predictor, payloads: list[bytes]) -> None:
    before = scorer(model).score(payloads[:3])
    after = scorer(other(model, "2", ("rest", "strain", "sport"))).score(payloads[3:5])
    first, second = told(after[:1], ["ann"], before)[0], told(after[1:], ["ann"], [*before, after[0]])[0]
    assert first.probabilities == first.raw
    assert list(first.probabilities) == ["rest", "strain", "sport"]
    mean = np.mean([raw_of(answer).raw[0] for answer in after], axis=0)
    assert list(second.probabilities.values()) == pytest.approx(mean, abs=2e-7)


def test_a_batch_may_hold_windows_of_several_models(model: Predictor, payloads: list[bytes]) -> None:
    mixed = [scorer(other(model, str(number))).score([payload])[0] for number, payload in enumerate(payloads[:4])]
    assert [event.model_version for event in told(mixed, ["ann"] * 4)] == ["0", "1", "2", "3"]


def test_a_share_answers_for_its_users_alone_and_changes_no_number(model: Predictor, of_many: list[bytes]) -> None:
    guest = other(model, "2")
    alone = told(scorer(model).score(of_many), USERS)
    both = told(scorer(model, share=guest, share_of_users=0.5).score(of_many), USERS)
    its = [has(user, "2", 0.5) for user in USERS]
    assert 0 < sum(its) < len(USERS)
    assert [event.model_version == "2" for event in both] == its
    assert [event.raw for event in both] == [event.raw for event in alone]


def test_a_shadow_answers_beside_without_changing_the_event(model: Predictor, payloads: list[bytes]) -> None:
    alone, both = (scorer(model, shadow=shadow).score(payloads[:6]) for shadow in (None, other(model, "2")))
    recent = [[answer.answer or b"" for answer in answers] for answers in (alone, both)]
    (one,), (other_,) = (
        events(["ann"], [answers[-1].scored or b""], [last])
        for answers, last in zip((alone, both), recent, strict=True)
    )
    assert (one[0], one[1]) == (other_[0], None)
    shadow, event = EmotionEvent.model_validate_json(other_[1] or b""), EmotionEvent.model_validate_json(one[0])
    assert (shadow.model_version, shadow.probabilities) == ("2", event.probabilities)


@pytest.mark.parametrize("role", ["shadow", "share"])
def test_a_guest_that_raises_is_given_up_and_nobody_waits(model: Predictor, of_many: list[bytes], role: str) -> None:
    def broken(_: object) -> None:
        raise MemoryError("no room")

    given_up: list[tuple[Role, Predictor, str]] = []
    guest = Predictor(model.manifest, broken)  # type: ignore[arg-type]
    with_guest = replace(
        scorer(model, **{role: guest}, share_of_users=0.5),
        give_up=lambda role, predictor, fault: given_up.append((role, predictor, str(fault))),
    )
    assert told(with_guest.score(of_many), USERS) == told(scorer(model).score(of_many), USERS)
    assert given_up == [(Role(role), guest, "no room")]


@given(st.integers(2, 7), st.integers(1, 5), st.lists(st.integers(0, 2**41), min_size=1, max_size=5))
@settings(deadline=None)
def test_scored_windows_come_back_bit_for_bit(labels: int, members: int, starts: list[int]) -> None:
    rng = np.random.default_rng(labels)
    n, start = len(starts), np.array(starts)
    speaker = Speaker("some", "1", tuple("abcdefg"[:labels]), tuple("mnopq"[:members]), 0.25, 0.5)
    raw, each = rng.random((n, labels), dtype=np.float32), rng.random((n, members, labels), dtype=np.float32)
    answers = WindowAnswers(start, start + 60_000, rng.random(n), raw, each)
    ((told_by, which, back),) = by_speaker(scored_blobs(speaker, answers))
    assert (told_by, list(which)) == (speaker, list(range(n)))
    for name in ("window_start_ms", "window_end_ms", "quality", "raw", "members"):
        np.testing.assert_array_equal(getattr(back, name), getattr(answers, name))
    blobs = answer_blobs(speaker, answers)
    assert all(blob.startswith(label_set_id(speaker.labels)) for blob in blobs)
    ends, probabilities = ends_and_answers(blobs, labels)
    np.testing.assert_array_equal(ends, start + 60_000)
    np.testing.assert_array_equal(probabilities, raw)
