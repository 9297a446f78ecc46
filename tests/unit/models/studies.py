"""Made-up studies, and learners that are honest or cheat."""

from dataclasses import dataclass, field, replace

import numpy as np

from models.core.arrays import Floats
from models.core.dataset import Dataset
from models.study.folds import HoldOut
from models.study.learners import Predict
from models.study.predictions import Plan
from models.study.tasks import StudyWindows, Task
from schemas.feature_table import FEATURE_INDEX
from tests.unit.models.people import START_MS, STATES, made_up

HR = FEATURE_INDEX["hr_mean"]
HOP_MS = 5_000


def study(people: int = 6, windows: int = 60, *, strength: float = 1, real: bool = True) -> StudyWindows:
    """Calm, stress and exercise in an order drawn for each person; the last two people are of another set.

    The first set has no exercise. A feature is noise of one plus `strength` times the label's number.
    """
    data, rng = made_up(people, windows), np.random.default_rng(1)
    blocks = [rng.permutation(np.arange(6) % (2 if person < people - 2 else 3)) for person in range(people)]
    label = np.concatenate([np.repeat(each, windows // 6) for each in blocks])
    features = data.features + (strength * label - data.label)[:, None].astype(np.float32)
    ends = START_MS - START_MS % 30_000 + HOP_MS * np.tile(np.arange(windows), people)
    everything = np.ones(len(label), dtype=bool)
    source = np.where(np.isin(data.person, [f"p{people - 1}", f"p{people - 2}"]), "active", "seated")
    made = replace(data, label=label, features=features, window_end_ms=ends)
    return StudyWindows(
        replace(made, trained_on="recorded people" if real else "simulated people"), everything, everything, source
    )


def plan(windows: StudyWindows, labels: tuple[str, ...] = STATES, **settings: int) -> Plan:
    """Everybody alone, on all sets."""
    task = Task(labels, windows.sets)
    return Plan(task, HoldOut().of(windows, task, 7), **settings)


def shares(score: Floats, labels: int) -> Floats:
    """Probabilities that fall with the distance from each label's number."""
    distance = np.exp(-((np.nan_to_num(score)[:, None] - np.arange(labels)) ** 2))
    return np.asarray(distance / distance.sum(axis=1, keepdims=True))


@dataclass(frozen=True)
class Honest:
    """Knows the mean heart rate of each label; keeps what it was given, so that tests can look."""

    name: str = "honest"
    fitted: list[Dataset] = field(default_factory=list)
    asked: list[Dataset] = field(default_factory=list)

    def fit(self, train: Dataset, *, seed: int) -> Predict:
        self.fitted.append(train)
        labels = len(train.label_names)
        means = [np.nanmean(train.features[train.label == k, HR]) for k in range(labels)]

        def predict(rows: Dataset) -> Floats:
            self.asked.append(rows)
            near = -((np.nan_to_num(rows.features[:, [HR]], nan=means[0]) - means) ** 2)
            return np.asarray(np.exp(near) / np.exp(near).sum(axis=1, keepdims=True))

        return predict


@dataclass(frozen=True)
class Doubtful:
    """Unsure of everything, and knows another measure of it: the heart rate."""

    name: str = "doubtful"
    doubted: list[Dataset] = field(default_factory=list)

    def fit(self, train: Dataset, *, seed: int) -> "Doubtful":
        return self

    def __call__(self, rows: Dataset) -> Floats:
        return np.full((len(rows.label), len(rows.label_names)), 1 / len(rows.label_names))

    def doubts(self, rows: Dataset) -> dict[str, Floats]:
        self.doubted.append(rows)
        return {"disagreement": np.nan_to_num(rows.features[:, HR]).astype(np.float64)}


@dataclass(frozen=True)
class Clock:
    """Cheats: in these studies a person's later windows are those of a higher label."""

    name: str = "clock"

    def fit(self, train: Dataset, *, seed: int) -> Predict:
        labels = len(train.label_names)
        return lambda rows: shares((rows.window_end_ms - rows.window_end_ms.min()) / 300_000 * labels, labels)


@dataclass(frozen=True)
class Hoarder:
    """Cheats: keeps the labels of earlier folds, and so of people whom it then reads."""

    name: str = "hoarder"
    kept: dict[tuple[str, int], int] = field(default_factory=dict)

    def fit(self, train: Dataset, *, seed: int) -> Predict:
        keys = zip(train.person.tolist(), train.window_end_ms.tolist(), strict=True)
        self.kept.update(zip(keys, train.label.tolist(), strict=True))

        def predict(rows: Dataset) -> Floats:
            keys = zip(rows.person.tolist(), rows.window_end_ms.tolist(), strict=True)
            return shares(np.array([self.kept.get(key, np.nan) for key in keys]), len(rows.label_names))

        return predict


def in_order(windows: StudyWindows) -> StudyWindows:
    """The same study with each person's labels in order of time, as a protocol has them."""
    label = windows.dataset.label.copy()
    for person in windows.dataset.people:
        mine = windows.dataset.person == person
        label[mine] = np.sort(label[mine])
    return windows.with_data(replace(windows.dataset, label=label))
