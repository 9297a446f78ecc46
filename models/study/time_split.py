"""Later windows of people whose earlier ones were learnt: validation in order of time, beside that by person."""

from typing import Final

import numpy as np

from models.core.arrays import Bools, Floats
from models.study.learners import Learner
from models.study.predictions import Plan, missing_labels, relabelled
from models.study.tasks import StudyWindows
from schemas.windows import WINDOW_MS

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
