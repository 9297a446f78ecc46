"""Figures of scored rows under weights of people: one row of weights gives the figure, many give its interval."""

import numpy as np

from models.core.arrays import Bools, Floats
from models.metrics.figures import calibration_error
from models.study.rows import Scored

Figures = dict[str, Floats]


def headline(rows: Scored, weights: Floats) -> Figures:
    """Each figure (draws,) for weights (draws, people); NaN where a draw cannot give it.

    Averages are over all labels: without rows of one of them there is none. `auroc_within` is the mean over people of
    each one's own AUROC, so that differences between people play no part in it.
    """
    each = per_class(rows, weights)
    return {
        "balanced_accuracy": each["recall"].mean(axis=1),
        "macro_f1": np.where(_shows_all(rows, weights), each["f1"].mean(axis=1), np.nan),
        "auroc": each["auroc"].mean(axis=1),
        "auroc_within": _within(rows, weights),
        "ece": calibration_errors(rows, weights),
    }


def per_class(rows: Scored, weights: Floats) -> Figures:
    """Each figure (draws, K) for weights (draws, people); NaN where a draw cannot give it."""
    counts = np.tensordot(weights, rows.confusion, axes=1)
    right, true, named = np.einsum("bkk->bk", counts), counts.sum(axis=2), counts.sum(axis=1)
    won = np.einsum("bi,kij,bj->bk", weights, rows.wins, weights, optimize=True)
    pairs = (weights @ rows.with_label.T) * (weights @ rows.without_label.T)
    return {
        "recall": ratio(right, true),
        "precision": ratio(right, named),
        "f1": ratio(2 * right, true + named),
        "auroc": ratio(won, pairs),
    }


def of_each_person(rows: Scored) -> Figures:
    """Each figure (people,) of a person's rows alone; averages are over the labels that the person shows.

    NaN for a person who shows but one label.
    """
    alone = np.eye(len(rows.people))
    each = per_class(rows, alone)
    shown = rows.with_label.T > 0
    several = shown.sum(axis=1) > 1
    figures = {
        "balanced_accuracy": _mean(each["recall"], shown),
        "macro_f1": _mean(each["f1"], shown),
        "auroc": _mean(each["auroc"], shown),
    }
    known = {name: np.where(several, values, np.nan) for name, values in figures.items()}
    return known | {"ece": calibration_errors(rows, alone)}


def calibration_errors(rows: Scored, weights: Floats) -> Floats:
    """(draws,): the expected calibration error, for weights (draws, people)."""
    return ratio(calibration_error(weights @ rows.gaps), weights @ rows.confusion.sum(axis=(1, 2)))


def called(rows: Scored, label: str, weights: Floats) -> Floats:
    """(draws,): share of all rows whose most probable label is this one, for weights (draws, people)."""
    counts = rows.confusion.sum(axis=1)
    return ratio(weights @ counts[:, rows.names.index(label)], weights @ counts.sum(axis=1))


def _within(rows: Scored, weights: Floats) -> Floats:
    own = of_each_person(rows)["auroc"]
    known = np.isfinite(own)
    return ratio(weights @ np.where(known, own, 0.0), weights @ known)


def _shows_all(rows: Scored, weights: Floats) -> Bools:
    return np.asarray((weights @ rows.with_label.T > 0).all(axis=1))


def _mean(values: Floats, which: Bools) -> Floats:
    known = which & np.isfinite(values)
    return ratio(np.where(known, values, 0.0).sum(axis=1), known.sum(axis=1))


def ratio(part: Floats, whole: Floats) -> Floats:
    """NaN where there is no whole."""
    return np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=np.asarray(whole) > 0)
