"""SHAP values (Lundberg & Lee 2017, arXiv:1705.07874): the one module that imports shap."""

import warnings
from collections.abc import Callable

import numpy as np

from models.core.arrays import Ints
from models.explanation.contributions import Shapley
from models.explanation.mixtures import Mixtures

with warnings.catch_warnings():
    # Of matplotlib, which shap imports for plots that nobody draws here.
    warnings.simplefilter("ignore", PendingDeprecationWarning)
    import shap


def shapley(
    mixtures: Mixtures, explained: Ints, background: Ints, *, seed: int, progress: Callable[[], None]
) -> Shapley:
    """Of windows numbered so, against others; `progress` is called after each.

    Each window's factors are brought in one by one in a drawn order and again in the reverse one, which is exact up to
    interactions of two.
    """
    count = len(mixtures.factors)
    own, others = (np.repeat(numbers[:, None], count, axis=1) for numbers in (explained, background))
    masker = shap.maskers.Independent(others, max_samples=len(others))
    explainer = shap.PermutationExplainer(mixtures.probabilities, masker, seed=seed)
    evaluations = 2 * count + 1
    found = []
    for row in own:
        found.append(explainer(row[None], max_evals=evaluations, batch_size=evaluations, silent=True))
        progress()
    return Shapley(
        values=np.concatenate([each.values for each in found]),
        expected=np.asarray(found[0].base_values[0], dtype=np.float64),
        answers=mixtures.own[explained],
    )
