"""Two models side by side, from a running job's topics: where both answered the same windows, or each its own users."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from models.bundle.folder import read_manifest
from models.metrics.figures import confusion, expected_calibration_error, mean, recall
from pipelines.core.errors import BundleError, InputError
from pipelines.core.settings import Settings
from pipelines.datasets.training_windows import LEAST_SHARE
from pipelines.labels.csv_files import read_labels_csv
from pipelines.labels.topic import read_labels
from pipelines.labels.window_labels import UNLABELLED, contradicted, window_labels
from pipelines.rollout.events_table import FOREVER, EventTable, Key, Model, Period, event_tables
from pipelines.rollout.reports import Latency, latencies, reports, shared_models
from schemas.records import Label, ModelReport
from schemas.topics import EMOTIONS, LABELS, SHADOW

Labels = Mapping[str, Sequence[Label]]


@dataclass(frozen=True)
class Figures:
    """One model's side."""

    name: str
    version: str
    trained_on: str | None
    users: int
    windows: int
    abstained: float
    """Share of its windows."""
    latency: Latency
    labelled: int
    """Windows that mostly lie in one label that the model knows. The figures below are of these, abstained or not."""
    contradicted: int
    """Windows that touch labels that contradict each other, and so have none."""
    accuracy: float | None
    balanced_accuracy: float | None
    ece: float | None


@dataclass(frozen=True)
class ModelAgreement:
    """Of windows that both answered."""

    windows: int
    named: int
    """Windows of which both named an emotion."""
    same_emotion: float | None
    """Share of those where it is the same."""
    total_variation: float | None
    """Mean distance of probabilities, 0 to 1; None where the label sets differ."""


@dataclass(frozen=True)
class ModelComparison:
    """The model in service, and the one that shadows it or shares its users."""

    kind: Literal["shadow", "share"]
    serving: Figures
    other: Figures
    agreement: ModelAgreement | None
    """None where they answered for different users."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def shadowed(serving: EventTable, shadow: EventTable, labels: Labels) -> ModelComparison | None:
    """Over the windows that both answered; None where there are none."""
    ours, theirs = _same_windows(serving, shadow)
    if not ours.keys:
        return None
    return ModelComparison("shadow", figures(ours, labels), figures(theirs, labels), agreement(ours, theirs))


def shared(serving: EventTable, share: EventTable, labels: Labels) -> ModelComparison | None:
    """Each over its own users' windows, of the time in which both answered; None where there is no such time."""
    starts = (serving.window_start_ms, share.window_start_ms)
    first, last = max(each.min() for each in starts), min(each.max() for each in starts)
    ours, theirs = (
        each.where(np.flatnonzero((start >= first) & (start <= last)))
        for each, start in zip((serving, share), starts, strict=True)
    )
    if not ours.keys or not theirs.keys:
        return None
    return ModelComparison("share", figures(ours, labels), figures(theirs, labels), None)


def agreement(ours: EventTable, theirs: EventTable) -> ModelAgreement:
    """Of the same windows, row by row; emotions are compared by name."""
    named = ~ours.abstained & ~theirs.abstained
    names = (np.array([*each.labels, ""])[each.emotion] for each in (ours, theirs))
    same = np.equal(*names)[named]
    distance = None
    if ours.labels == theirs.labels:
        distance = float(0.5 * np.abs(ours.probabilities - theirs.probabilities).sum(axis=1).mean())
    return ModelAgreement(len(named), int(named.sum()), float(same.mean()) if len(same) else None, distance)


def figures(events: EventTable, labels: Labels) -> Figures:
    """A model's side, without what events do not tell."""
    truth, contradictory = true_labels(events, labels)
    known = truth != UNLABELLED
    label, probabilities = truth[known], events.probabilities[known]
    scored = bool(len(label))
    counts = confusion(label, probabilities) if scored else None
    return Figures(
        *events.model,
        trained_on=None,
        users=len(events.users),
        windows=len(events.keys),
        abstained=float(events.abstained.mean()),
        latency=Latency(),
        labelled=len(label),
        contradicted=contradictory,
        accuracy=float(np.trace(counts) / counts.sum()) if counts is not None else None,
        balanced_accuracy=mean(recall(counts)) if counts is not None else None,
        ece=expected_calibration_error(label, probabilities) if scored else None,
    )


def true_labels(events: EventTable, labels: Labels) -> tuple[np.ndarray[Any, np.dtype[np.int64]], int]:
    """Of each window the label that it mostly lies in, as an index into the model's labels, or `UNLABELLED`.

    And how many windows touch labels that contradict each other.
    """
    contradictory = 0
    found = np.full(len(events.keys), UNLABELLED, dtype=np.int64)
    starts, users = events.window_start_ms, np.array([user for user, _ in events.keys])
    for user in events.users & labels.keys():
        rows = np.flatnonzero(users == user)
        found[rows], why = window_labels(labels[user], events.labels, starts[rows], least_share=LEAST_SHARE)
        contradictory += contradicted(why)
    return found, contradictory


def known_of(
    found: ModelComparison, trained_on: Mapping[Model, str], latency: Mapping[Model, Latency]
) -> ModelComparison:
    """With what manifests and reports tell of both models."""

    def known(side: Figures) -> Figures:
        model = (side.name, side.version)
        return replace(side, trained_on=trained_on.get(model), latency=latency.get(model, Latency()))

    return replace(found, serving=known(found.serving), other=known(found.other))


def _same_windows(ours: EventTable, theirs: EventTable) -> tuple[EventTable, EventTable]:
    places: tuple[dict[Key, int], ...] = tuple(
        {key: row for row, key in enumerate(each.keys)} for each in (ours, theirs)
    )
    both = sorted(places[0].keys() & places[1].keys())
    return ours.where(places[0][key] for key in both), theirs.where(places[1][key] for key in both)


def compare(settings: Settings, period: Period = FOREVER, labels_file: Path | None = None) -> list[ModelComparison]:
    """Every model that served beside each that shadowed it or shared its users.

    Labels come from the file, or from the labels topic. Raises InputError where there is nothing to compare.
    """
    broker = settings.bootstrap_servers
    labels = read_labels_csv(labels_file) if labels_file else read_labels(broker, LABELS.name)
    said = reports(broker)
    answered, beside = event_tables(broker, EMOTIONS.name, period), event_tables(broker, SHADOW.name, period)
    found = list(_pairs(answered, beside, said, labels))
    if not found:
        raise InputError(
            f"nothing to compare: no window of that time is on both {EMOTIONS.name} and {SHADOW.name}, and no model had"
            " a share of users; `eqm models announce VERSION --role shadow` gives one something to do"
        )
    trained_on, latency = _trained_on(settings), latencies(said)
    return [known_of(pair, trained_on, latency) for pair in found]


def _pairs(
    answered: list[EventTable], beside: list[EventTable], said: list[ModelReport], labels: Labels
) -> Iterator[ModelComparison]:
    """Shadows first."""
    sharing = shared_models(said)
    for ours in answered:
        for theirs in beside:
            yield from filter(None, [shadowed(ours, theirs, labels)])
    for ours in answered:
        for theirs in answered:
            if theirs.model in sharing and ours.model not in sharing:
                yield from filter(None, [shared(ours, theirs, labels)])


def _trained_on(settings: Settings) -> Mapping[Model, str]:
    """Whose figures they are, as far as the announced bundles are still there."""
    found: dict[Model, str] = {}
    for folder in sorted(settings.live_bundles.glob("*")):
        try:
            manifest = read_manifest(folder)
        except BundleError:
            continue
        found[manifest.name, manifest.version] = manifest.trained_on
    return found
