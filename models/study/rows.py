"""Scored rows as counts per person, so that figures of any draw of people are sums."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.core.arrays import Floats, Ints
from models.metrics.figures import calibration_gaps


@dataclass(frozen=True)
class Scored:
    """Rows with a known label and a prediction: label (n,), person (n,) and probabilities (n, K)."""

    label: Ints
    person: NDArray[np.str_]
    probabilities: Floats
    names: tuple[str, ...]

    @cached_property
    def people(self) -> tuple[str, ...]:
        """Everybody, sorted; the order of all that is counted by person."""
        return tuple(str(person) for person in np.unique(self.person))

    @cached_property
    def owner(self) -> Ints:
        """(n,): each row's place in `people`."""
        return np.searchsorted(np.array(self.people), self.person)

    @cached_property
    def confusion(self) -> Ints:
        """(people, K, K): true label by most probable label."""
        found = np.zeros((len(self.people), len(self.names), len(self.names)), dtype=np.int64)
        np.add.at(found, (self.owner, self.label, self.probabilities.argmax(axis=1)), 1)
        return found

    @cached_property
    def gaps(self) -> Floats:
        """(people, bins): hits minus confidence, summed over the rows of each bin of confidence."""
        return calibration_gaps(self.label, self.probabilities, self.owner, len(self.people))

    @property
    def confidence(self) -> Floats:
        """(n,): the probability of the most probable label."""
        return np.asarray(self.probabilities.max(axis=1))

    @property
    def hit(self) -> Floats:
        """(n,): 1 where the most probable label is the true one."""
        return np.asarray(self.probabilities.argmax(axis=1) == self.label, dtype=np.float64)

    @cached_property
    def wins(self) -> Floats:
        """(K, people, people): pairs of a row with the label, of the one person, and a row without it, of the other,
        in which the first has the higher probability; ties count half."""
        return np.stack([self._wins(k) for k in range(len(self.names))])

    @cached_property
    def with_label(self) -> Floats:
        """(K, people): rows that have each label."""
        return np.asarray(self.confusion.sum(axis=2).T, dtype=np.float64)

    @cached_property
    def without_label(self) -> Floats:
        """(K, people): rows that have another."""
        return np.asarray(self.with_label.sum(axis=0) - self.with_label)

    def _wins(self, k: int) -> Floats:
        values, rank = np.unique(self.probabilities[:, k], return_inverse=True)
        counts = np.zeros((2, len(values), len(self.people)))
        np.add.at(counts, ((self.label == k).astype(np.int64), rank, self.owner), 1)
        without, having = counts
        lower = np.cumsum(without, axis=0) - without / 2
        return np.asarray(having.T @ lower)
