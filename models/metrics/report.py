"""The honest report: only people that nobody trained, stopped or calibrated on; as figures and as short lines."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

import numpy as np

from models.core.arrays import Ints, Reals
from models.core.dataset import Dataset
from models.core.prediction import Predict
from models.datasets.split import Split
from models.ensemble.abstention import NEVER, Abstention, realised
from models.ensemble.smoothing import smooth_rows
from models.metrics import figures as metrics

__all__ = ["Predict", "Report", "evaluate", "summary"]

Report = dict[str, Any]


def evaluate(
    dataset: Dataset, split: Split, predict: Predict, *, members: tuple[str, ...], abstention: Abstention = NEVER
) -> Report:
    """Figures of the ensemble and of every member (named in the order of the prediction) on the split's test people.

    The rows are chosen here, by person, so that no caller can report on people seen in training. JSON-able; a figure
    that the rows cannot give is None. Nothing abstains in these figures; beside them stands what abstaining brings.
    """
    held_out = dataset.of(split.test).ordered()
    prediction = predict(held_out.features, held_out.sequence, held_out.baseline)
    each = {name: prediction.members[:, index] for index, name in enumerate(members)}
    return {
        "trained_on": dataset.trained_on,
        "labels": list(dataset.label_names),
        "people": {"train": list(split.train), "validation": list(split.validation), "test": list(split.test)},
        "windows": len(held_out.label),
        "chance_balanced_accuracy": 1 / len(dataset.label_names),
        "ensemble": _per_class(held_out, prediction.probabilities),
        "members": {name: _per_class(held_out, probabilities) for name, probabilities in each.items()},
        "per_person": _per_person(held_out, prediction.probabilities),
        "abstention": _abstention(held_out, prediction.probabilities, abstention),
    }


def summary(label: Ints, probabilities: Reals) -> dict[str, float | int | None]:
    """Headline figures of probabilities (n, K) against labels (n,); averages are over the labels that occur."""
    probabilities = np.asarray(probabilities, dtype=np.float64)
    counts = metrics.confusion(label, probabilities)
    return {
        "windows": len(label),
        "balanced_accuracy": metrics.mean(metrics.recall(counts)),
        "macro_f1": metrics.mean(metrics.f1(counts)),
        "auroc": metrics.mean(metrics.auroc(label, probabilities)),
        "ece": metrics.expected_calibration_error(label, probabilities),
    }


def _abstention(rows: Dataset, probabilities: Reals, abstention: Abstention) -> Report | None:
    """What a stated risk brings on these people, of smoothed answers as events have them; None where none is stated."""
    if abstention.stated_risk is None:
        return None
    smoothed = smooth_rows(rows.person, rows.window_end_ms, probabilities)
    return asdict(abstention) | realised(abstention, smoothed, rows.label)


def _per_class(rows: Dataset, probabilities: Reals) -> Report:
    counts = metrics.confusion(rows.label, np.asarray(probabilities, dtype=np.float64))
    figures = {
        "recall": metrics.recall(counts),
        "precision": metrics.precision(counts),
        "f1": metrics.f1(counts),
        "auroc": metrics.auroc(rows.label, np.asarray(probabilities, dtype=np.float64)),
    }
    per_class = {
        name: {figure: _known(values[k]) for figure, values in figures.items()} | {"windows": int(counts[k].sum())}
        for k, name in enumerate(rows.label_names)
    }
    return summary(rows.label, probabilities) | {"per_class": per_class, "confusion": counts.tolist()}


def _per_person(rows: Dataset, probabilities: Reals) -> Report:
    return {
        person: summary(rows.label[rows.person == person], probabilities[rows.person == person])
        for person in rows.people
    }


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


HOPEFUL: Final = (
    "The built-in settings were chosen by their figures on the 33 people of stress_predict and stress_exercise:"
    " for those people such figures are somewhat hopeful."
)
"""Said of real people where the built-in settings are used, for nobody can see here whose recordings these are."""

NAME: Final = 16
"""Characters of a line for a name."""

FIGURES: Final = {"balanced_accuracy": "balanced accuracy", "macro_f1": "macro-F1", "auroc": "AUROC", "ece": "ECE"}


def report_lines(report: Report) -> list[str]:
    """Whose figures these are, then ensemble, members, held-out people and labels, one line each."""
    people = report["people"]
    kind, tested = report["trained_on"], people["test"]
    lines = [
        f"Trained on {len(people['train'])} {kind}, stopped and calibrated on {len(people['validation'])} others;"
        f" figures from {len(tested)} held out ({', '.join(tested)}), {report['windows']} windows.",
        f"Chance balanced accuracy is {report['chance_balanced_accuracy']:.2f}.",
    ]
    if report.get("windows_before_baseline"):
        lines.append(
            f"Left out: {report['windows_before_baseline']} windows from before a person's baseline was known."
        )
    if kind == "simulated people":
        lines.append(
            "Simulated people answer as the simulator was told to: these figures promise nothing for real ones."
        )
    elif report.get("built_in_settings"):
        lines.append(HOPEFUL)
    if report.get("abstention"):
        lines.append(_stated(report["abstention"]))
    lines.append(_line("ensemble", report["ensemble"]))
    lines += [_line(name, figures) for name, figures in report["members"].items()]
    lines += [_line(person, figures) for person, figures in report["per_person"].items()]
    return lines + [_label_line(name, figures) for name, figures in report["ensemble"]["per_class"].items()]


def _line(name: str, figures: Mapping[str, Any]) -> str:
    return _named(name, "  ".join(f"{text} {_number(figures[figure])}" for figure, text in FIGURES.items()))


def _named(name: str, figures: str) -> str:
    """A name and its figures; below it, where the name is too long for one line of a terminal.

    >>> _named("ensemble", "ECE 0.10"), _named("participant-0042@clinic", "ECE 0.10")
    ('ensemble        ECE 0.10', 'participant-0042@clinic\\n                ECE 0.10')
    """
    return f"{name:<{NAME}}{figures}" if len(name) < NAME else f"{name}\n{'':<{NAME}}{figures}"


def _stated(figures: Mapping[str, Any]) -> str:
    wrong = "none of them to judge" if figures["risk"] is None else f"{figures['risk']:.0%} of them wrong"
    return (
        f"Stated risk {figures['stated_risk']:.0%}: below confidence {figures['min_confidence']:.2f} nothing is said."
        f" Of those held out {figures['coverage']:.0%} of windows are answered, smoothed, {wrong}."
    )


def _label_line(name: str, figures: Mapping[str, Any]) -> str:
    shown = "  ".join(f"{figure} {_number(figures[figure])}" for figure in ("recall", "precision", "f1", "auroc"))
    return _named(name, f"{shown}  windows {figures['windows']}")


def _number(value: float | None) -> str:
    return "   -" if value is None else f"{value:.2f}"
