"""Predictions of people whom the model that made them has never seen."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from models.arrays import Bools, Floats, Ints
from models.dataset import Dataset
from models.learners import Learner
from models.smoothing import smooth
from models.study import EXERCISE, StudyWindows, Task
from models.study_folds import Fold
from schemas.windows import SMOOTHING_MS


@dataclass(frozen=True)
class Plan:
    """A task, who is held out when, and how far apart the windows are that are fitted on and scored."""

    task: Task
    folds: tuple[Fold, ...]
    train_stride_s: int = 30
    score_stride_s: int = 30
    seed: int = 7

    def training(self, windows: StudyWindows, fold: Fold) -> Bools:
        """Rows to fit on."""
        labelled = windows.trained & (self.task.label_of(windows) >= 0)
        mine = np.isin(windows.dataset.person, fold.train)
        return np.asarray(labelled & mine & on_grid(windows, self.train_stride_s))

    def scored(self, windows: StudyWindows) -> Bools:
        """Rows whose prediction counts."""
        return windows.scored & (self.task.label_of(windows) >= 0) & on_grid(windows, self.score_stride_s)

    def exercise(self, windows: StudyWindows) -> Bools:
        """Rows of exercise on which a false alarm counts, whether or not the task knows exercise."""
        names = windows.dataset.label_names
        moving = windows.dataset.label == (names.index(EXERCISE) if EXERCISE in names else -1)
        inside = np.isin(windows.source, self.task.sets)
        return np.asarray(windows.scored & moving & inside & on_grid(windows, self.score_stride_s))


@dataclass(frozen=True)
class Answers:
    """Probabilities (n, K) for every row of the study, NaN where a row was not predicted."""

    probabilities: Floats
    left_out: dict[str, str]
    """Folds that could not be fitted, and why."""


def on_grid(windows: StudyWindows, stride_s: int) -> Bools:
    """Rows that end at a multiple of the stride."""
    return np.asarray(windows.dataset.window_end_ms % (1000 * stride_s) == 0)


def answers(windows: StudyWindows, plan: Plan, learner: Learner, fitted: Callable[[], None]) -> Answers:
    """Fits the learner once a fold and predicts all windows of the people held out; `fitted` is called after each."""
    found = np.full((len(windows.scored), len(plan.task.labels)), np.nan)
    left_out: dict[str, str] = {}
    label = plan.task.label_of(windows)
    for fold in plan.folds:
        train = plan.training(windows, fold)
        missing = [name for k, name in enumerate(plan.task.labels) if not (label[train] == k).any()]
        if missing:
            left_out[fold.name] = f"no training window is {', '.join(missing)}"
        else:
            predict = learner.fit(_relabelled(windows.dataset, train, label, plan.task), seed=plan.seed)
            held_out = np.isin(windows.dataset.person, fold.test)
            # Labels are blanked: whatever predicts cannot have read them.
            found[held_out] = predict(_relabelled(windows.dataset, held_out, np.zeros_like(label), plan.task))
        fitted()
    return Answers(found, left_out)


def smoothed(windows: StudyWindows, probabilities: Floats, which: Bools) -> Floats:
    """(n, K): of the rows marked, the mean over the person's windows that end in the last 30 s; else NaN."""
    found = np.full_like(probabilities, np.nan)
    for rows in _by_person(windows.dataset):
        ends = windows.dataset.window_end_ms[rows]
        for at in np.flatnonzero(which[rows]):
            near = slice(*np.searchsorted(ends, (ends[at] - SMOOTHING_MS, ends[at]), side="right"))
            found[rows][at] = smooth(ends[near], probabilities[rows][near], int(ends[at]))
    return found


def _by_person(dataset: Dataset) -> Iterator[slice]:
    begins = np.flatnonzero(np.r_[True, dataset.person[1:] != dataset.person[:-1]])
    for begin, end in zip(begins, [*begins[1:], len(dataset.person)], strict=True):
        yield slice(int(begin), int(end))


def _relabelled(dataset: Dataset, which: Bools, label: Ints, task: Task) -> Dataset:
    return replace(dataset.rows(which), label=label[which], label_names=task.labels)
