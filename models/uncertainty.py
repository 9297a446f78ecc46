"""How sure an answer is."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


def entropy(probabilities: Floats) -> NDArray[np.float64]:
    """Shannon entropy of probabilities (…, K) as a share of its maximum log K: 0 is certain, 1 is no idea.

    >>> entropy(np.array([[0.25, 0.25, 0.25, 0.25], [1.0, 0.0, 0.0, 0.0]])).tolist()
    [1.0, 0.0]
    """
    p = np.asarray(probabilities, dtype=np.float64)
    information = p * np.log(np.where(p > 0, p, 1))
    return np.abs(information.sum(axis=-1)) / np.log(p.shape[-1])


def disagreement(members: Floats) -> NDArray[np.float64]:
    """Mean over labels of the standard deviation between members: (…, members, K) -> (…).

    >>> disagreement(np.array([[1.0, 0.0], [0.0, 1.0]])).item()
    0.5
    """
    return np.asarray(members, dtype=np.float64).std(axis=-2).mean(axis=-1)
