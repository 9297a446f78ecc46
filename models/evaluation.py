"""The honest report: only people that nobody trained, stopped or calibrated on, and it says whose figures they are."""

from collections.abc import Callable
from typing import Any

import numpy as np

from models import metrics
from models.arrays import Float32s, Ints, Reals
from models.dataset import Dataset
from models.prediction import Prediction
from models.split import Split

Report = dict[str, Any]
Predict = Callable[[Float32s, Float32s, Float32s], Prediction]
"""Of features, sequence and baseline."""


def evaluate(dataset: Dataset, split: Split, predict: Predict, *, members: tuple[str, ...]) -> Report:
    """Figures of the ensemble and of every member (named in the order of the prediction) on the split's test people.

    The rows are chosen here, by person, so that no caller can report on people seen in training. JSON-able; a figure
    that the rows cannot give is None.
    """
    held_out = dataset.of(split.test)
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
