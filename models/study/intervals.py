"""Figures with intervals from a bootstrap over people, JSON-able; what cannot be known is null, with the reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from models.core.arrays import Floats

Estimate = dict[str, Any]

LEAST_DRAWS: Final = 0.9
"""Share of draws that must give a figure before its interval is stated."""


@dataclass(frozen=True)
class Bootstrap:
    """Draws of people with replacement; the same seed and people give the same draws, so figures can be paired."""

    draws: int = 1000
    seed: int = 7

    def weights(self, people: int) -> Floats:
        """(1 + draws, people): first everybody once, then how often each is drawn; one person cannot be drawn from.

        >>> Bootstrap(draws=2).weights(3).sum(axis=1).tolist()
        [3.0, 3.0, 3.0]
        """
        rng = np.random.default_rng(self.seed)
        if people < 2:
            return np.ones((1, people))
        drawn = rng.multinomial(people, np.full(people, 1 / people), size=self.draws)
        return np.concatenate([np.ones((1, people)), drawn])


def estimate(values: Floats, reason: str) -> Estimate:
    """The first value, and the middle 95 % of the others; `reason` is why the first may be missing.

    >>> estimate(np.array([0.5, 0.5, 0.5]), "")
    {'value': 0.5, 'low': 0.5, 'high': 0.5}
    >>> estimate(np.array([np.nan, 0.5]), "no stress")
    {'value': None, 'reason': 'no stress'}
    """
    value, draws = float(values[0]), values[1:]
    if not np.isfinite(value):
        return {"value": None, "reason": reason}
    known = draws[np.isfinite(draws)]
    if len(known) == 0 or len(known) < LEAST_DRAWS * len(draws):
        return {"value": value, "low": None, "high": None}
    low, high = np.percentile(known, [2.5, 97.5])
    return {"value": value, "low": float(low), "high": float(high)}


def estimates(figures: Mapping[str, Floats], reason: str) -> dict[str, Estimate]:
    """An estimate of each figure."""
    return {name: estimate(values, reason) for name, values in figures.items()}


def known(value: float) -> float | None:
    """A number for JSON."""
    return float(value) if np.isfinite(value) else None
