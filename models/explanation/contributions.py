"""SHAP values as figures: of all explained windows together, and of each one."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from models.core.arrays import Floats
from models.core.dataset import Dataset
from models.explanation.factors import FAMILIES, Factor, factors

DECIMALS: Final = 7
TOP: Final = 8
"""Factors that are named of each window."""

GAP: Final = 1e-5
"""Contributions must sum to the answer up to this."""


@dataclass(frozen=True)
class Shapley:
    """What each factor adds to each probability, from what is expected of the background on."""

    values: Floats
    """(windows, factors, K)."""
    expected: Floats
    """Mean answer to the background (K,)."""
    answers: Floats
    """(windows, K)."""

    @property
    def gap(self) -> float:
        """The largest difference between a probability and what the values and the expectation sum to."""
        return float(np.abs(self.values.sum(axis=1) + self.expected - self.answers).max())


@dataclass(frozen=True)
class Contributions:
    """Values of the windows in `rows`, of these factors."""

    found: Shapley
    factors: tuple[Factor, ...]
    rows: Dataset

    def together(self) -> dict[str, Any]:
        """Mean sizes, by factor and by family, largest first; a factor that tells nothing has 0."""
        of_factor = dict(zip(self.factors, np.abs(self.found.values).mean(axis=0), strict=True))
        nothing = np.zeros(len(self.rows.label_names))
        features = [
            {"name": factor.name, "family": factor.family} | self._sizes(of_factor.get(factor, nothing))
            for factor in factors()
        ]
        families = [
            {"name": name} | self._sizes(np.abs(values).mean(axis=0)) for name, values in self._families().items()
        ]
        return {
            "windows": len(self.rows.label),
            "expected": self._by_label(self.found.expected),
            "additivity": {"largest_gap": self.found.gap, "holds": self.found.gap <= GAP},
            "families": sorted(families, key=_size, reverse=True),
            "features": sorted(features, key=_size, reverse=True),
            "factors": [factor.name for factor in self.factors],
        }

    def each(self) -> list[dict[str, Any]]:
        """Every window: what was said of it, and what families and factors added to that, largest first."""
        return [self._window(at) for at in range(len(self.rows.label))]

    def _window(self, at: int) -> dict[str, Any]:
        names, answer = self.rows.label_names, self.found.answers[at]
        said = int(answer.argmax())
        toward = self.found.values[at, :, said]
        families = {name: float(values[at, said]) for name, values in self._families().items()}
        return {
            "person": str(self.rows.person[at]),
            "window_end_ms": int(self.rows.window_end_ms[at]),
            "label": names[self.rows.label[at]],
            "said": names[said],
            "probabilities": self._by_label(answer),
            "families": [
                {"name": name, "contribution": round(families[name], DECIMALS)}
                for name in sorted(families, key=lambda name: -abs(families[name]))
            ],
            "features": [self._named(at, number, toward) for number in np.argsort(-np.abs(toward))[:TOP]],
            "contributions": {
                name: np.round(self.found.values[at, :, k], DECIMALS).tolist() for k, name in enumerate(names)
            },
            "values": [self._value(at, factor) for factor in self.factors],
            "from_rest": [self._from_rest(at, factor) for factor in self.factors],
        }

    def _named(self, at: int, number: int, toward: Floats) -> dict[str, Any]:
        factor = self.factors[number]
        return {
            "name": factor.name,
            "family": factor.family,
            "contribution": round(float(toward[number]), DECIMALS),
            "value": self._value(at, factor),
            "from_rest": self._from_rest(at, factor),
        }

    def _value(self, at: int, factor: Factor) -> float | None:
        """None where missing, and of a sequence."""
        return None if factor.sequence else _known(self.rows.features[at, factor.column])

    def _from_rest(self, at: int, factor: Factor) -> float | None:
        if factor.sequence:
            return None
        return _known(self.rows.features[at, factor.column] - self.rows.baseline[at, factor.column])

    def _families(self) -> dict[str, Floats]:
        """What the factors of each family add together, (windows, K)."""
        return {
            family: self.found.values[:, [factor.family == family for factor in self.factors]].sum(axis=1)
            for family in FAMILIES
        }

    def _sizes(self, sizes: Floats) -> dict[str, Any]:
        return {"mean_absolute": self._by_label(sizes)}

    def _by_label(self, values: Floats) -> dict[str, float]:
        return dict(zip(self.rows.label_names, np.round(values, DECIMALS).tolist(), strict=True))


def _size(entry: dict[str, Any]) -> float:
    return float(sum(entry["mean_absolute"].values()))


def _known(value: float) -> float | None:
    return round(float(value), DECIMALS) if np.isfinite(value) else None
