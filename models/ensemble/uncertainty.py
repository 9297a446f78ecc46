"""How sure an answer is."""

import numpy as np

from models.core.arrays import Floats, Reals


def entropy(probabilities: Reals) -> Floats:
    """Shannon entropy of probabilities (…, K) as a share of its maximum log K: 0 is certain, 1 is no idea.

    >>> entropy(np.array([[0.25, 0.25, 0.25, 0.25], [1.0, 0.0, 0.0, 0.0]])).tolist()
    [1.0, 0.0]
    """
    p = np.asarray(probabilities, dtype=np.float64)
    information = p * np.log(np.where(p > 0, p, 1))
    share: Floats = np.abs(information.sum(axis=-1)) / np.log(p.shape[-1])
    return np.minimum(share, 1.0)


def disagreement(members: Reals) -> Floats:
    """Mean over labels of the standard deviation between members: (…, members, K) -> (…).

    >>> disagreement(np.array([[1.0, 0.0], [0.0, 1.0]])).item()
    0.5
    """
    spread: Floats = np.asarray(members, dtype=np.float64).std(axis=-2)
    return np.asarray(spread.mean(axis=-1))


def information(answers: Reals) -> Floats:
    """How far answers to one question are at odds: (answers, …, K) -> (…), a share of log K.

    The entropy of their mean less their mean entropy: 0 where all say the same, however unsure, 1 where all are sure of
    something else. Houlsby et al. 2011, arXiv:1112.5745.

    >>> information(np.array([[[1.0, 0.0], [0.5, 0.5]], [[0.0, 1.0], [0.5, 0.5]]])).tolist()
    [1.0, 0.0]
    """
    told = np.asarray(answers, dtype=np.float64)
    return np.asarray(np.maximum(entropy(told.mean(axis=0)) - entropy(told).mean(axis=0), 0.0))
