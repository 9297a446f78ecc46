"""The honest report: only people that nobody trained, stopped or calibrated on, and it says whose figures they are."""

from dataclasses import asdict
from typing import Any

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
