"""How much each member counts in the ensemble."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from models.core.arrays import Floats, Ints
from models.core.errors import TrainingError

PRIOR_MINUTES: Final = 30.0
"""So many minutes of the validation people weigh as much as the weights given beforehand."""

MOST_ROUNDS: Final = 5000
SETTLED: Final = 1e-7
LEAST: Final = 0.02
SMALLEST: Final = 1e-7


@dataclass(frozen=True)
class Weights:
    """Member names and weights, in the order in which members are reported; the weights sum to 1.

    A member of weight 0 is trained and reported, and stays in the bundle unless the training settings drop it.
    """

    trees: float = 0.5
    personal: float = 0.4
    cnn: float = 0.1
    lstm: float = 0.0
    bilstm_attention: float = 0.0
    transformer: float = 0.0
    fusion: float = 0.0

    def __post_init__(self) -> None:
        values = [weight for _, weight in self.items()]
        if not all(0 <= weight <= 1 for weight in values) or not math.isclose(sum(values), 1, abs_tol=1e-6):
            raise TrainingError(f"ensemble weights {values} must each be in 0..1 and sum to 1")

    def items(self) -> Iterator[tuple[str, float]]:
        """Name and weight of every member.

        >>> dict(Weights().items())["trees"]
        0.5
        """
        yield from vars(self).items()


def learn_weights(members: Floats, label: Ints, minutes: Floats, *, prior: Floats) -> Floats:
    """The weights (M,) under which mixed probabilities (n, M, K) make the labels (n,) most likely, in hundredths.

    By expectation maximisation from the prior, which counts like `PRIOR_MINUTES` of rows: where members differ by no
    more than noise it stays. `minutes` (n,) is what a row counts. A member below 0.02 is left out.

    >>> honest, guess = [[0.9, 0.1], [0.1, 0.9]] * 500, [[0.5, 0.5]] * 1000
    >>> members, label = np.stack([honest, guess], axis=1), np.array([0, 1] * 500)
    >>> learn_weights(members, label, np.ones(1000), prior=np.array([0.5, 0.5])).tolist()
    [0.97, 0.03]
    """
    likely = np.maximum(members[np.arange(len(label)), :, label], SMALLEST)
    # A member that the prior leaves out must be able to come in.
    weights = (prior + 1 / len(prior)) / 2
    for _ in range(MOST_ROUNDS):
        share = likely * weights
        share /= share.sum(axis=1, keepdims=True)
        before, weights = weights, (minutes @ share + PRIOR_MINUTES * prior) / (minutes.sum() + PRIOR_MINUTES)
        if np.abs(weights - before).max() < SETTLED:
            break
    return _hundredths(np.where(weights < LEAST, 0, weights))


def _hundredths(weights: Floats) -> Floats:
    """Rounded so that the sum stays 1: what is left over goes to the largest."""
    rounded = np.round(weights / weights.sum(), 2)
    rounded[rounded.argmax()] += 1 - rounded.sum()
    return np.asarray(np.round(rounded, 2))
