"""How well different measures of doubt tell wrong answers from right ones."""

from collections.abc import Mapping

import numpy as np

from models.core.arrays import Floats
from models.ensemble.uncertainty import entropy
from models.study.intervals import Bootstrap, Estimate, estimates
from models.study.rows import Scored


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
