"""Everything reported of one learner's predictions on one task."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from models.core.arrays import Bools, Floats, Ints
from models.study import curves as study_curves
from models.study.doubt import doubt
from models.study.figures import called, headline, of_each_person, per_class
from models.study.intervals import Bootstrap, Estimate, estimate, estimates, known
from models.study.predictions import Plan
from models.study.rows import Scored
from models.study.stated_risk import stated_risks
from models.study.tasks import BINARY, STRESS, StudyWindows, Task

Scores = dict[str, Any]

NO_EXERCISE: Final = "no window of exercise is scored"


def scored_rows(windows: StudyWindows, plan: Plan, probabilities: Floats) -> Scored:
    """The scored rows that were predicted."""
    label = plan.task.label_of(windows)
    return _rows(windows, _predicted(windows, plan, probabilities), label, probabilities, plan.task)


def scores(
    windows: StudyWindows, plan: Plan, probabilities: Floats, bootstrap: Bootstrap, *, doubts: Mapping[str, Floats]
) -> Scores:
    """All figures; JSON-able. `doubts` are the learner's own measures of doubt (n,), if it has any."""
    which = _predicted(windows, plan, probabilities)
    rows = scored_rows(windows, plan, probabilities)
    return (
        summary(windows, rows, bootstrap)
        | {
            "per_class": _per_class(rows, bootstrap),
            "per_person": _per_person(windows, rows),
            "confusion": rows.confusion.sum(axis=0).tolist(),
            "reliability": study_curves.reliability(rows),
            "risk_coverage": study_curves.risk_coverage(rows),
            "stated_risks": stated_risks(rows, bootstrap),
            "doubt": doubt(rows, {name: values[which] for name, values in doubts.items()}, bootstrap),
        }
        | {
            "exercise_called_stress": false_alarms(windows, plan, probabilities, bootstrap),
            "calm_against_stress": _binary_by_set(windows, plan, probabilities, bootstrap),
        }
    )


def summary(windows: StudyWindows, rows: Scored, bootstrap: Bootstrap) -> Scores:
    """Whose figures, from how many windows, and the headline figures."""
    about = {"on": windows.kind, "people": len(rows.people), "windows": len(rows.label)}
    figures = headline(rows, bootstrap.weights(len(rows.people)))
    return about | estimates(figures, _why_unknown(rows))


def false_alarms(windows: StudyWindows, plan: Plan, probabilities: Floats, bootstrap: Bootstrap) -> Estimate:
    """Share of exercise windows called stress; of people held out, as everything here."""
    if STRESS not in plan.task.labels:
        return {"value": None, "reason": "stress is not among the labels"}
    which = plan.exercise(windows) & np.isfinite(probabilities).all(axis=1)
    rows = _rows(windows, which, np.zeros(len(which), dtype=np.int64), probabilities, plan.task)
    if not len(rows.label):
        return {"value": None, "reason": NO_EXERCISE}
    shares = called(rows, STRESS, bootstrap.weights(len(rows.people)))
    return estimate(shares, NO_EXERCISE) | {"windows": len(rows.label), "people": len(rows.people)}


def better_by(rows: Scored, yardstick: Scored, bootstrap: Bootstrap) -> dict[str, Estimate]:
    """Figures minus the yardstick's on the same rows, each draw with the same people."""
    weights = bootstrap.weights(len(rows.people))
    ours, its = headline(rows, weights), headline(yardstick, weights)
    return estimates({name: ours[name] - its[name] for name in ours}, _why_unknown(rows))


def binary_rows(windows: StudyWindows, plan: Plan, probabilities: Floats, source: str) -> Scored:
    """A set's scored windows of calm and stress, and the shares of these two in the probabilities."""
    rows = plan.scored(windows) & np.isfinite(probabilities).all(axis=1) & (windows.source == source)
    task = Task(BINARY, (source,))
    label = task.label_of(windows)
    pair = probabilities[:, [plan.task.labels.index(name) for name in BINARY]]
    total = pair.sum(axis=1, keepdims=True)
    shares = np.divide(pair, total, out=np.full_like(pair, 0.5), where=total > 0)
    return _rows(windows, rows & (label >= 0), label, shares, task)


def _binary_by_set(windows: StudyWindows, plan: Plan, probabilities: Floats, bootstrap: Bootstrap) -> dict[str, Scores]:
    if not set(BINARY) <= set(plan.task.labels):
        return {}
    having = [name for name in plan.task.sets if windows.labels_of(name) >= set(BINARY)]
    return {name: summary(windows, binary_rows(windows, plan, probabilities, name), bootstrap) for name in having}


def _per_class(rows: Scored, bootstrap: Bootstrap) -> Scores:
    figures = per_class(rows, bootstrap.weights(len(rows.people)))
    counts = rows.with_label.sum(axis=1)
    found: Scores = {}
    for k, name in enumerate(rows.names):
        reason = f"{name} is none, or all, of what was so or said"
        found[name] = {"windows": int(counts[k])}
        found[name] |= {figure: estimate(values[:, k], reason) for figure, values in figures.items()}
    return found


def _per_person(windows: StudyWindows, rows: Scored) -> Scores:
    figures = of_each_person(rows) if rows.people else {}
    counts = rows.with_label.astype(np.int64)
    found: Scores = {}
    for k, person in enumerate(rows.people):
        shown = {name: int(counts[label, k]) for label, name in enumerate(rows.names) if counts[label, k]}
        found[person] = {"set": windows.home_of(person), "on": windows.kind, "windows": shown}
        found[person] |= {name: known(values[k]) for name, values in figures.items()}
        if len(shown) == 1:
            found[person]["reason"] = f"all windows are {next(iter(shown))}"
    return found


def _predicted(windows: StudyWindows, plan: Plan, probabilities: Floats) -> Bools:
    return np.asarray(plan.scored(windows) & np.isfinite(probabilities).all(axis=1))


def _rows(windows: StudyWindows, which: Bools, label: Ints, probabilities: Floats, task: Task) -> Scored:
    return Scored(label[which], windows.dataset.person[which], probabilities[which], task.labels)


def _why_unknown(rows: Scored) -> str:
    if not len(rows.label):
        return "no window was predicted"
    never = [name for k, name in enumerate(rows.names) if not (rows.label == k).any()]
    return f"no window scored is {', '.join(never)}" if never else "no person shows two labels"
