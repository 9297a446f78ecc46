"""Labelled windows of several people, the only thing that training and evaluation read."""

import hashlib
from dataclasses import dataclass, replace
from typing import Final, Literal, Self

import numpy as np
from numpy.typing import NDArray

from models.core.arrays import Bools, Float32s, Ints
from models.core.errors import TrainingError
from models.core.inputs import FEATURE_SHAPE, SEQUENCE_SHAPE

TrainedOn = Literal["simulated people", "recorded people"]

COLUMNS: Final = ("features", "baseline", "sequence", "label", "person", "window_end_ms")


@dataclass(frozen=True)
class Dataset:
    """Row i of each array is one window. NaN is missing.

    `window_end_ms` only orders rows; no network ever sees it.
    """

    features: Float32s
    baseline: Float32s
    """The person's resting mean of each feature, as known at the window's end."""
    sequence: Float32s
    label: Ints
    person: NDArray[np.str_]
    window_end_ms: Ints
    label_names: tuple[str, ...]
    trained_on: TrainedOn

    def __post_init__(self) -> None:
        n = len(self.label)
        expected = {
            "features": (n, *FEATURE_SHAPE),
            "baseline": (n, *FEATURE_SHAPE),
            "sequence": (n, *SEQUENCE_SHAPE),
            "person": (n,),
            "window_end_ms": (n,),
        }
        for name, shape in expected.items():
            if getattr(self, name).shape != shape:
                raise TrainingError(f"dataset: {name} has shape {getattr(self, name).shape}, {n} labels need {shape}")
        if n == 0:
            raise TrainingError("dataset: it has no windows; label some recordings and build it again")
        if len(set(self.label_names)) < max(len(self.label_names), 2):
            raise TrainingError(f"dataset: at least two different label names are needed, got {list(self.label_names)}")
        if self.label.min() < 0 or self.label.max() >= len(self.label_names):
            raise TrainingError(f"dataset: label indices must be 0 to {len(self.label_names) - 1}")

    @property
    def people(self) -> tuple[str, ...]:
        """Everybody, sorted."""
        return tuple(str(person) for person in np.unique(self.person))

    def of(self, people: tuple[str, ...]) -> Self:
        """The rows of some people."""
        return self.rows(np.isin(self.person, people))

    def rows(self, which: Bools | Ints) -> Self:
        """The rows marked or numbered."""
        return replace(self, **{name: getattr(self, name)[which] for name in COLUMNS})

    def ordered(self) -> Self:
        """The same rows by person and window, so that nothing depends on the order in which they came."""
        return self.rows(np.lexsort((self.window_end_ms, self.person)))

    def data_hash(self) -> str:
        """Sixteen hex digits over all values; the order of rows does not matter."""
        rows = self.ordered()
        digest = hashlib.sha256(repr((rows.label_names, rows.trained_on, rows.person.tolist())).encode())
        for column in (rows.features, rows.baseline, rows.sequence):
            digest.update(np.where(np.isnan(column), np.nan, column).astype("<f4").tobytes())
        for numbers in (rows.label, rows.window_end_ms):
            digest.update(numbers.astype("<i8").tobytes())
        return digest.hexdigest()[:16]
