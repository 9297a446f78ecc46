"""Everything reported of one learner's predictions on one task: figures, curves, measures of doubt."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from models.core.arrays import Bools, Floats, Ints
from models.ensemble.uncertainty import entropy
from models.metrics.figures import BINS, confidence_bin
from models.study.figures import called, headline, of_each_person, per_class
from models.study.intervals import Bootstrap, Estimate, estimate, estimates, known
from models.study.predictions import Plan
from models.study.rows import Scored
from models.study.stated_risk import stated_risks
from models.study.tasks import BINARY, STRESS, StudyWindows, Task

POINTS: Final = 50


def reliability(rows: Scored) -> list[dict[str, Any]]:
    """Of each of ten equal bins of confidence that holds rows: how many, their mean confidence and share of hits."""
    bins = confidence_bin(rows.probabilities)
    found = []
    for place in np.unique(bins):
        mine = bins == place
        found.append(
            {
                "from": place / BINS,
                "to": (place + 1) / BINS,
                "windows": int(mine.sum()),
                "confidence": float(rows.confidence[mine].mean()),
                "accuracy": float(rows.hit[mine].mean()),
            }
        )
    return found


def risk_coverage(rows: Scored) -> dict[str, Any]:
    """Share of wrong answers among the most confident share of rows; rows of equal confidence come together.

    `area` is the mean risk over all coverages (Geifman & El-Yaniv 2017, arXiv:1705.08500); at most 50 points are kept.
    """
    if len(rows.label) == 0:
        return {"area": None, "points": []}
    order = np.argsort(-rows.confidence, kind="stable")
    confidence = rows.confidence[order]
    answered = np.arange(1, len(order) + 1)
    risk = np.cumsum(1 - rows.hit[order]) / answered
    last = np.flatnonzero(np.r_[confidence[1:] != confidence[:-1], True])
    even = risk[last[np.searchsorted(last, answered - 1)]]
    shown = np.unique(last[np.linspace(0, len(last) - 1, min(POINTS, len(last))).round().astype(np.int64)])
    points = [
        {"coverage": float((at + 1) / len(order)), "risk": float(risk[at]), "confidence": float(confidence[at])}
        for at in shown
    ]
    return {"area": float(even.mean()), "points": points}


def doubt(rows: Scored, others: Mapping[str, Floats], bootstrap: Bootstrap) -> dict[str, Estimate]:
    """Area under the risk-coverage curve when the least doubtful windows are answered first: the smaller the better.

    By the probability of the most probable label and by entropy, then by `others`, measures (n,) of the same rows.
    """
    measures = {"confidence": 1 - rows.confidence, "entropy": entropy(rows.probabilities), **others}
    weights = bootstrap.weights(len(rows.people))
    return estimates({name: areas(rows, each, weights) for name, each in measures.items()}, "no window was predicted")


def areas(rows: Scored, doubts: Floats, weights: Floats) -> Floats:
    """(draws,): mean over all coverages of the share of wrong answers, for weights (draws, people) of people.

    Rows of equal doubt come together. Geifman & El-Yaniv 2017, arXiv:1705.08500.
    """
    if len(rows.label) == 0:
        return np.full(len(weights), np.nan)
    order = np.argsort(doubts, kind="stable")
    each = weights[:, rows.owner[order]]
    answered = each.cumsum(axis=1)
    last = np.flatnonzero(np.r_[np.diff(doubts[order]) != 0, True])
    wrong = (each * (1 - rows.hit[order])).cumsum(axis=1)[:, last]
    risk = np.divide(wrong, answered[:, last], out=np.zeros_like(wrong), where=answered[:, last] > 0)
    of_group = np.diff(answered[:, last], axis=1, prepend=0)
    return np.asarray((risk * of_group).sum(axis=1) / answered[:, -1])


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
            "reliability": reliability(rows),
            "risk_coverage": risk_coverage(rows),
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
