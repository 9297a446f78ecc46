"""Below which confidence nothing is said."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from models.core.arrays import Floats, Ints, Reals
from models.core.dataset import Dataset
from models.core.errors import TrainingError
from models.core.prediction import Predict
from models.datasets.enrolment import minutes
from models.ensemble.events import DECIMALS
from models.ensemble.smoothing import smooth_rows

LEAST_COVERAGE: Final = 0.1
"""Share of the time that must be answered: of fewer windows nobody can tell how many are wrong."""

ROUNDING: Final = 1e-9
"""Sums of fractions of minutes are no nearer than this to what they should be."""


@dataclass(frozen=True)
class Abstention:
    """Events less sure than `min_confidence` abstain, so that of the others no more than `stated_risk` are wrong."""

    min_confidence: float = 0.0
    stated_risk: float | None = None


NEVER: Final = Abstention()


def choose(probabilities: Floats, label: Ints, weight: Floats, risk: float) -> Abstention:
    """The lowest confidence above which no more than the share `risk` of these people's answers is wrong.

    Probabilities (n, K) as events have them, so smoothed; labels (n,); `weight` (n,) is what a row counts. At least a
    tenth of all must be answered. Geifman & El-Yaniv 2017, arXiv:1705.08500, without their bound: what others
    then get differs, by as much as people do. Raises TrainingError where no confidence is enough.

    >>> sure, unsure = [[0.9, 0.1]] * 3, [[0.6, 0.4]] * 2
    >>> choose(np.array(sure + unsure), np.array([0, 0, 0, 0, 1]), np.ones(5), 0.1)
    Abstention(min_confidence=0.9, stated_risk=0.1)
    """
    confidence, risks, coverage = _curve(probabilities, label, weight)
    enough = coverage >= LEAST_COVERAGE
    kept = np.flatnonzero(enough & (risks <= risk + ROUNDING))
    if not len(kept):
        raise TrainingError(
            f"abstention: however sure, at least {risks[enough].min():.1%} of the validation people's answers are"
            f" wrong; state a risk above that, not {risk:.1%}, or label more people"
        )
    return Abstention(float(confidence[kept[-1]]), risk)


def chosen_on(rows: Dataset, predict: Predict, risk: float | None) -> Abstention:
    """`choose` for what is predicted of rows in order of person and time; NEVER where no risk is stated.

    Answers are smoothed, as those of events are, over the rows that end in the last 30 s: rows further apart are not,
    and windows that nobody labelled take no part.
    """
    if risk is None:
        return NEVER
    told = predict(rows.features, rows.sequence, rows.baseline).probabilities
    return choose(smooth_rows(rows.person, rows.window_end_ms, told), rows.label, minutes(rows), risk)


def realised(abstention: Abstention, probabilities: Reals, label: Ints) -> dict[str, float | None]:
    """Share of these answers (n, K) that are given, and, None where there is none, share of those that are wrong."""
    kept = np.round(np.asarray(probabilities, dtype=np.float64).max(axis=1), DECIMALS) >= abstention.min_confidence
    wrong = np.asarray(probabilities).argmax(axis=1)[kept] != label[kept]
    return {"coverage": float(kept.mean()), "risk": float(wrong.mean()) if len(wrong) else None}


def _curve(probabilities: Floats, label: Ints, weight: Floats) -> tuple[Floats, Floats, Floats]:
    """Each confidence that occurs, falling; of the rows at least so sure, the share wrong and the share of all."""
    confidence = np.round(np.asarray(probabilities, dtype=np.float64).max(axis=1), DECIMALS)
    wrong = weight * (np.asarray(probabilities).argmax(axis=1) != label)
    order = np.argsort(-confidence, kind="stable")
    answered, missed = np.cumsum(weight[order]), np.cumsum(wrong[order])
    last = np.flatnonzero(np.r_[np.diff(confidence[order]) != 0, True])
    return confidence[order][last], (missed / answered)[last], answered[last] / answered[-1]
