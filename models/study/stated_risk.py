"""What a stated risk keeps: the threshold is chosen on everybody else, the person held out shows what it was worth."""

from typing import Any, Final

import numpy as np

from models.core.arrays import Floats
from models.core.errors import TrainingError
from models.ensemble.abstention import choose
from models.ensemble.events import DECIMALS
from models.study.figures import ratio
from models.study.intervals import Bootstrap, estimate
from models.study.rows import Scored

STATED: Final = (0.05, 0.10, 0.20)


def stated_risks(rows: Scored, bootstrap: Bootstrap) -> list[dict[str, Any]]:
    """For each stated risk, the share of wrong answers and of answers that people held out then got, with intervals.

    For each person the confidence is the one that `abstention.choose` finds for all others' predictions, made by
    models that, for most of them, knew the person: the choice is a little too well informed. Where it finds none the
    person gets no answer, and counts among the silent. `confidence` is the median over people, `above` how many of them
    got more wrong answers than stated.
    """
    weights = bootstrap.weights(len(rows.people))
    return [_realised(rows, risk, weights) for risk in STATED]


def _realised(rows: Scored, risk: float, weights: Floats) -> dict[str, Any]:
    thresholds = np.array([_threshold(rows, place, risk) for place in range(len(rows.people))])
    answered, wrong = _counts(rows, thresholds)
    found = thresholds[np.isfinite(thresholds)]
    reason = "no window is answered" if len(found) else "no confidence reaches it on other people"
    return {
        "stated": risk,
        "confidence": float(np.median(found)) if len(found) else None,
        "risk": estimate(ratio(weights @ wrong, weights @ answered), reason),
        "coverage": estimate(ratio(weights @ answered, weights @ rows.confusion.sum(axis=(1, 2))), reason),
        "silent": len(thresholds) - len(found),
        "above": int((wrong > risk * answered).sum()),
    }


def _threshold(rows: Scored, place: int, risk: float) -> float:
    """NaN where nobody else is, or no confidence is enough."""
    others = rows.owner != place
    if not others.any():
        return np.nan
    try:
        return choose(rows.probabilities[others], rows.label[others], np.ones(others.sum()), risk).min_confidence
    except TrainingError:
        return np.nan


def _counts(rows: Scored, thresholds: Floats) -> tuple[Floats, Floats]:
    """Windows of each person that are answered, and answered wrongly."""
    answered = (np.round(rows.confidence, DECIMALS) >= thresholds[rows.owner]).astype(np.float64)
    people = len(rows.people)
    given, wrong = (
        np.bincount(rows.owner, weights=each, minlength=people) for each in (answered, answered * (1 - rows.hit))
    )
    return given.astype(np.float64), wrong.astype(np.float64)
