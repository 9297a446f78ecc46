"""Leak alarms: what must fall to chance, and does not where something but physiology tells the label."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from models.core.arrays import Float32s, Ints
from models.core.dataset import Dataset
from models.study.tasks import StudyWindows, Task

CHANCE: Final = 0.5
MARGIN: Final = 0.02
"""An alarm sounds where the whole 95 % interval of an AUROC lies above .52."""

TOO_GOOD: Final = 0.90
"""Wrist signals do not tell calm from stress so well in people never seen: above it, look for the leak first."""


@dataclass(frozen=True)
class Alarm:
    """A way to spoil the windows so that nothing can be learnt from them."""

    name: str
    meaning: str
    spoil: Callable[[StudyWindows, int], StudyWindows]


def shuffled(windows: StudyWindows, seed: int) -> StudyWindows:
    """Labels in random order within each person, over the windows that are trained on or scored."""
    rng = np.random.default_rng(seed)
    label, used = windows.dataset.label.copy(), windows.trained | windows.scored
    for person in windows.dataset.people:
        rows = np.flatnonzero(used & (windows.dataset.person == person))
        label[rows] = rng.permutation(label[rows])
    return windows.with_data(replace(windows.dataset, label=label))


def frozen(windows: StudyWindows, seed: int) -> StudyWindows:
    """Features and sequence of every window are the person's mean; nothing is drawn, so the seed plays no part."""
    data, owner = windows.dataset, np.unique(windows.dataset.person, return_inverse=True)[1]
    return windows.with_data(
        replace(data, features=_means(data.features, owner), sequence=_means(data.sequence, owner))
    )


ALARMS: Final = (
    Alarm("labels_shuffled", "labels shuffled within each person", shuffled),
    Alarm("physiology_frozen", "features and sequence frozen at each person's mean", frozen),
)


def judged(scores: dict[str, Any], task: Task) -> dict[str, Any]:
    """Whether figures of spoilt windows are above chance.

    Judged within people; in a single set also over all people. Over several sets a person's mean tells the set, and
    the set tells which labels occur at all: that is no leak, and the pooled AUROC is shown but not judged.
    """
    names = ("auroc_within", "auroc") if len(task.sets) == 1 else ("auroc_within",)
    figures = {name: scores[name] for name in ("auroc_within", "auroc")}
    unknown = [figures[name]["reason"] for name in names if figures[name]["value"] is None]
    sounds = any(above_chance(figures[name]) for name in names)
    return figures | {"judged": list(names), "sounds": sounds} | ({"reason": unknown[0]} if unknown else {})


def above_chance(figure: dict[str, Any]) -> bool:
    """Whether the interval lies above chance by more than the margin; without one, the value by ten times that.

    >>> above_chance({"value": 0.56, "low": 0.53, "high": 0.6}), above_chance({"value": 0.56, "low": 0.51, "high": 0.6})
    (True, False)
    """
    if figure["value"] is None:
        return False
    if figure["low"] is None:
        return bool(figure["value"] > CHANCE + 10 * MARGIN)
    return bool(figure["low"] > CHANCE + MARGIN)


def first_ends_ms(dataset: Dataset) -> dict[str, int]:
    """End of each person's first window."""
    return {person: int(dataset.window_end_ms[dataset.person == person].min()) for person in dataset.people}


def _means(values: Float32s, owner: Ints) -> Float32s:
    """Each row replaced by the mean of its owner's; NaN where the owner has no value."""
    present = np.isfinite(values)
    sums = np.zeros((owner.max() + 1, *values.shape[1:]))
    counts = np.zeros(sums.shape, dtype=np.int64)
    np.add.at(sums, owner, np.where(present, values, 0))
    np.add.at(counts, owner, present)
    means = np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)
    return means[owner].astype(np.float32)
