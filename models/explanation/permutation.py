"""Permutation importance (Breiman 2001, doi:10.1023/A:1010933404324), within people.

Exchanged among a person's own windows alone, a factor keeps the person's level: who somebody is does not count.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from models.core.arrays import Floats, Ints
from models.core.dataset import Dataset
from models.explanation.factors import FAMILIES, Factor, factors
from models.explanation.mixtures import Mixtures
from models.metrics.report import summary

REPEATS: Final = 5
FIGURES: Final = ("balanced_accuracy", "auroc")


@dataclass(frozen=True)
class Permutation:
    """Windows to permute, and who and what they are."""

    mixtures: Mixtures
    rows: Dataset
    seed: int

    def importance(self, progress: Callable[[], None]) -> dict[str, Any]:
        """How far each figure drops, by factor and by family, most important first; `progress` after each of them."""
        as_is = self._figures(self.mixtures.own)
        features = [
            {"name": factor.name, "family": factor.family} | self._drop([factor], as_is, progress)
            for factor in factors()
        ]
        families = [
            {"name": family} | self._drop([factor for factor in factors() if factor.family == family], as_is, progress)
            for family in FAMILIES
        ]
        return {
            "windows": len(self.rows.label),
            "repeats": REPEATS,
            **dict(zip(FIGURES, as_is.tolist(), strict=True)),
            "families": sorted(families, key=_least_first, reverse=True),
            "features": sorted(features, key=_least_first, reverse=True),
        }

    def _drop(self, together: list[Factor], as_is: Floats, progress: Callable[[], None]) -> dict[str, Any]:
        """Of factors exchanged together; mean and standard deviation over the repeats. Nothing where none is read."""
        columns = [at for at, factor in enumerate(self.mixtures.factors) if factor in together]
        drops = np.zeros((REPEATS, len(FIGURES)))
        if columns:
            drops = as_is - np.stack([self._figures(self._answers(order, columns)) for order in self._orders()])
        progress()
        return {
            figure: {"drop": float(mean), "spread": float(spread)}
            for figure, mean, spread in zip(FIGURES, drops.mean(axis=0), drops.std(axis=0), strict=True)
        }

    def _orders(self) -> Iterator[Ints]:
        """By repeat: whose value each window gets. The same ones for every factor."""
        rng = np.random.default_rng(self.seed)
        _, person = np.unique(self.rows.person, return_inverse=True)
        for _ in range(REPEATS):
            order = np.arange(len(person))
            for number in range(person.max() + 1):
                mine = np.flatnonzero(person == number)
                order[mine] = rng.permutation(mine)
            yield order

    def _answers(self, order: Ints, columns: list[int]) -> Floats:
        source = np.repeat(np.arange(len(order))[:, None], len(self.mixtures.factors), axis=1)
        source[:, columns] = order[:, None]
        return self.mixtures.probabilities(source)

    def _figures(self, probabilities: Floats) -> Floats:
        found = summary(self.rows.label, probabilities)
        return np.array([found[figure] for figure in FIGURES], dtype=np.float64)


def _least_first(entry: dict[str, Any]) -> float:
    return float(entry["auroc"]["drop"])
