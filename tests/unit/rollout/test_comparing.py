"""Figures of two models, from their events."""

import numpy as np
import pytest

from pipelines.reports.tables.live_models import comparison_parts
from pipelines.rollout.comparison import ModelComparison, known_of, shadowed, shared
from pipelines.rollout.events_table import EventTable, Told, of_model
from pipelines.rollout.reports import Latency, latencies, live, shared_models
from schemas.records import Label, ModelReport
from schemas.roles import ModelStatus, Role

START_MS = 1_700_000_000_000
STATES = ("calm", "stress")


def event(emotion: str | None, calm: float) -> Told:
    return Told(emotion, (calm, 1 - calm))


def told(version: str, rows: dict[tuple[str, int], Told], labels: tuple[str, ...] = STATES) -> EventTable:
    by_window = {(user, START_MS + 5_000 * hop): row for (user, hop), row in rows.items()}
    return of_model(("small", version), labels, by_window)


SERVING = told("1", {("ann", 0): event("calm", 0.9), ("ann", 1): event("calm", 0.8), ("bob", 0): event("stress", 0.2)})
SHADOW = told("2", {("ann", 1): event("stress", 0.3), ("bob", 0): event(None, 0.5), ("bob", 9): event("calm", 1.0)})
LABELS = {"ann": [Label(user_id="ann", label="stress", start_ms=START_MS, end_ms=START_MS + 90_000, source="protocol")]}


def found(comparison: ModelComparison | None) -> ModelComparison:
    assert comparison is not None
    return comparison


def test_only_windows_that_both_answered_are_compared() -> None:
    pair = found(shadowed(SERVING, SHADOW, LABELS))
    assert pair.agreement is not None
    assert (pair.agreement.windows, pair.agreement.named, pair.agreement.same_emotion) == (2, 1, 0.0)
    assert pair.agreement.total_variation == pytest.approx((0.5 + 0.3) / 2)
    assert (pair.serving.windows, pair.serving.abstained, pair.other.abstained) == (2, 0.0, 0.5)
    assert (pair.serving.labelled, pair.serving.accuracy, pair.other.accuracy) == (1, 0.0, 1.0)
    assert pair.serving.ece == pytest.approx(0.8)
    assert shadowed(SERVING, told("3", {("eve", 0): event("calm", 1.0)}), LABELS) is None


def test_without_labels_nothing_is_said_of_being_right() -> None:
    side = found(shadowed(SERVING, SHADOW, {})).serving
    assert (side.labelled, side.accuracy, side.balanced_accuracy, side.ece) == (0, None, None, None)


TWENTY_FIVE_SECONDS = Label(
    user_id="ann", label="stress", start_ms=START_MS + 5_000, end_ms=START_MS + 30_000, source="protocol"
)


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_short_label_is_no_longer_for_being_repeated(times: int) -> None:
    side = found(shadowed(SERVING, SHADOW, {"ann": [TWENTY_FIVE_SECONDS] * times})).serving
    assert (side.labelled, side.contradicted) == (0, 0)


def test_windows_of_contradictory_labels_are_counted_and_said() -> None:
    calm = TWENTY_FIVE_SECONDS.model_copy(update={"label": "calm"})
    pair = found(shadowed(SERVING, SHADOW, {"ann": [*LABELS["ann"], calm]}))
    assert (pair.serving.labelled, pair.serving.contradicted, pair.other.contradicted) == (0, 1, 1)
    assert "  windows without a label, because labels contradict each other there: 1" in list(comparison_parts([pair]))
    assert not [
        part for part in comparison_parts([found(shadowed(SERVING, SHADOW, LABELS))]) if "contradict" in str(part)
    ]


def test_models_with_other_labels_agree_by_name_alone() -> None:
    rows = {("ann", 1): Told("calm", (0.1, 0.2, 0.7))}
    pair = found(shadowed(SERVING, told("2", rows, ("stress", "exercise", "calm")), LABELS))
    assert pair.agreement is not None
    assert (pair.agreement.same_emotion, pair.agreement.total_variation) == (1.0, None)


def test_those_who_share_users_are_compared_over_the_time_of_both() -> None:
    pair = found(shared(SERVING, told("2", {("eve", hop): event("calm", 0.5) for hop in (1, 2, 3)}), LABELS))
    assert (pair.kind, pair.agreement) == ("share", None)
    assert (pair.serving.windows, pair.serving.users) == (1, 1)
    assert (pair.other.windows, pair.other.users) == (1, 1)
    assert shared(SERVING, told("2", {("eve", 5): event("calm", 0.5)}), LABELS) is None


def test_manifests_and_reports_say_who_was_trained_on_whom_and_how_fast() -> None:
    model = ("small", "1")
    pair = known_of(found(shadowed(SERVING, SHADOW, {})), {model: "simulated people"}, {model: Latency(5, 1.0, 2.0)})
    assert (pair.serving.trained_on, pair.serving.latency.p50_ms) == ("simulated people", 1.0)
    assert (pair.other.trained_on, pair.other.latency) == (None, Latency())


def report(worker: str, at_s: int, role: Role, status: ModelStatus, **facts: object) -> ModelReport:
    given = {"worker": worker, "at_ms": START_MS + 1000 * at_s, "role": role, "status": status}
    return ModelReport.model_validate(given | {"name": "small", "version": "1"} | facts)


def test_latency_counts_windows_of_all_workers() -> None:
    said = [
        report("a", 1, Role.SERVE, ModelStatus.RUNNING, windows=90, p50_ms=1.0, p99_ms=3.0),
        report("b", 1, Role.SERVE, ModelStatus.RUNNING, windows=10, p50_ms=2.0, p99_ms=9.0),
        report("b", 2, Role.SERVE, ModelStatus.RUNNING),
    ]
    assert latencies(said) == {("small", "1"): Latency(100, 1.0, 9.0)}


def test_live_is_what_is_heard_now() -> None:
    said = [
        report("gone", 1, Role.SERVE, ModelStatus.LOADED),
        report("here", 50, Role.SERVE, ModelStatus.LOADED),
        report("here", 51, Role.SHADOW, ModelStatus.LOADED, version="2"),
        report("here", 52, Role.SHARE, ModelStatus.LOADED, version="3", share=0.5),
        report("here", 53, Role.SHADOW, ModelStatus.RETIRED, version="2", detail="as announced"),
        report("here", 54, Role.SERVE, ModelStatus.REFUSED, version="4", detail="torn"),
        report("here", 55, Role.SERVE, ModelStatus.RUNNING, windows=1, p50_ms=1.0, p99_ms=1.0),
    ]
    (worker, shown), *others = live(said, START_MS + 60_000).items()
    assert (worker, others) == ("here", [])
    assert [(one.role, one.version, one.status.value) for one in shown] == [
        ("serve", "1", "running"),
        ("share", "3", "loaded"),
        ("serve", "4", "refused"),
    ]
    assert shared_models(said) == {("small", "3")}


def test_a_window_mostly_outside_every_label_is_not_scored() -> None:
    late = {("ann", 6): event("stress", 0.1), ("ann", 12): event("stress", 0.1)}
    pair = found(shadowed(told("1", late), told("2", late), LABELS))
    assert (pair.serving.labelled, np.isclose(pair.serving.accuracy or 0, 1.0)) == (1, True)
