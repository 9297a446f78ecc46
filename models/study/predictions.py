"""Predictions of people whom the model that made them has never seen, and of later windows of people it has."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from models.core.arrays import Bools, Floats, Ints
from models.core.dataset import Dataset
from models.datasets.split import Names
from models.ensemble.smoothing import smooth_rows
from models.study.folds import Fold
from models.study.learners import Doubting, Learner
from models.study.tasks import EXERCISE, StudyWindows, Task
from schemas.windows import HOP_MS, HOP_S, WINDOW_MS


@dataclass(frozen=True)
class Plan:
    """A task, who is held out when, and how far apart the windows are that are fitted on and scored."""

    task: Task
    folds: tuple[Fold, ...]
    train_stride_s: int = 30
    score_stride_s: int = 30
    seed: int = 7

    def training(self, windows: StudyWindows, people: Names) -> Bools:
        """Rows of these people to fit on."""
        labelled = windows.trained & (self.task.label_of(windows) >= 0)
        mine = np.isin(windows.dataset.person, people)
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
class StudyAnswers:
    """Probabilities (n, K) for every row of the study, NaN where a row was not predicted."""

    probabilities: Floats
    doubts: dict[str, Floats]
    """Other measures of doubt (n,) than those of the probabilities, of a learner that has any."""
    left_out: dict[str, str]
    """Folds that could not be fitted, and why."""


def on_grid(windows: StudyWindows, stride_s: int) -> Bools:
    """Rows that end at a multiple of the stride, a user's phase later: one of a person's windows in so many seconds."""
    return np.asarray(windows.dataset.window_end_ms // HOP_MS % (stride_s // HOP_S) == 0)


def answers(
    windows: StudyWindows, plan: Plan, learner: Learner, fitted: Callable[[], None], *, doubting: bool = False
) -> StudyAnswers:
    """Fits the learner once a fold and predicts all windows of the people held out; `fitted` is called after each.

    Only where `doubting` is the learner asked for its own measures of doubt, which take it longer.
    """
    found = StudyAnswers(np.full((len(windows.scored), len(plan.task.labels)), np.nan), {}, {})
    label = plan.task.label_of(windows)
    for fold in plan.folds:
        train = plan.training(windows, fold.train)
        missing = missing_labels(label[train], plan.task)
        if missing:
            found.left_out[fold.name] = missing
        else:
            predict = learner.fit(relabelled(windows.dataset, train, label, plan.task), seed=plan.seed)
            held_out = np.isin(windows.dataset.person, fold.test)
            # Labels are blanked: whatever predicts cannot have read them.
            rows = relabelled(windows.dataset, held_out, np.zeros_like(label), plan.task)
            found.probabilities[held_out] = predict(rows)
            if doubting and isinstance(predict, Doubting):
                _keep(found, held_out, predict.doubts(rows))
        fitted()
    return found


def missing_labels(label: Ints, task: Task) -> str:
    """Why nothing can be fitted on rows of these labels; empty where it can."""
    missing = [name for k, name in enumerate(task.labels) if not (label == k).any()]
    return f"no training window is {', '.join(missing)}" if missing else ""


def _keep(found: StudyAnswers, rows: Bools, doubts: dict[str, Floats]) -> None:
    for name, values in doubts.items():
        found.doubts.setdefault(name, np.full(len(rows), np.nan))[rows] = values


def smoothed(windows: StudyWindows, values: Floats, which: Bools) -> Floats:
    """(n, K): of the rows marked, the mean over the person's windows that end in the last 30 s; else NaN."""
    return smooth_rows(windows.dataset.person, windows.dataset.window_end_ms, values, which)


def relabelled(dataset: Dataset, which: Bools, label: Ints, task: Task) -> Dataset:
    """The rows marked, with the task's labels."""
    return replace(dataset.rows(which), label=label[which], label_names=task.labels)


EARLIER: Final = 1 / 2
"""Share of a person's labelled windows that are learnt."""


def later_answers(windows: StudyWindows, plan: Plan, learner: Learner) -> Floats:
    """Probabilities (n, K) of each person's later windows by a model of everybody's earlier ones; NaN for all others.

    No window is learnt that overlaps one predicted. All are NaN where the earlier windows lack a label.
    """
    found = np.full((len(windows.scored), len(plan.task.labels)), np.nan)
    early, late = _cut(windows, plan)
    label = plan.task.label_of(windows)
    if late.any() and not missing_labels(label[early], plan.task):
        predict = learner.fit(relabelled(windows.dataset, early, label, plan.task), seed=plan.seed)
        found[late] = predict(relabelled(windows.dataset, late, np.zeros_like(label), plan.task))
    return found


def _cut(windows: StudyWindows, plan: Plan) -> tuple[Bools, Bools]:
    """Rows learnt, and rows predicted."""
    people = tuple(person for fold in plan.folds for person in fold.test)
    labelled, scored = plan.training(windows, people), plan.scored(windows)
    early, late = np.zeros_like(labelled), np.zeros_like(labelled)
    for person in people:
        mine = windows.dataset.person == person
        ends = windows.dataset.window_end_ms
        if (labelled & mine).any():
            cut = np.quantile(ends[labelled & mine], EARLIER)
            early |= labelled & mine & (ends <= cut)
            late |= scored & mine & (ends - WINDOW_MS >= cut)
    return early, late
