"""Training rows in batches, made different in each epoch: all chance from the generator given."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator

from models.core.arrays import Bools, Float32s, Ints
from models.core.inputs import FAMILY_CHANNELS, SEQUENCE_INPUTS, family_columns
from models.core.keras3 import keras
from models.preprocessing.preparation import PREPARED_SHAPES, Input
from models.preprocessing.scaling import LIMIT
from models.training.recipes import Augmentation, Recipe
from schemas.channels import SEQUENCE_CHANNELS

KNOTS: Final = 4
"""Of the pace within a sequence, evenly spaced; between them it changes evenly."""


@dataclass(frozen=True)
class Layout:
    """Both halves of an input's last axis have one column for each of the same measured things."""

    family: Ints
    """Number of the signal family behind each column of a half, (columns,)."""
    presence: bool
    """Whether the second half says which values of the first are there; else both are values, 0 where missing."""
    limit: float
    """Values stay within it."""

    def known(self, inputs: Float32s) -> tuple[Float32s, Bools]:
        """Views of the values, and which of them are not missing."""
        half = len(self.family)
        return (inputs[..., :half], inputs[..., half:] > 0) if self.presence else (inputs, inputs != 0)

    def drawn(self, by_family: Float32s, inputs: Float32s) -> Float32s:
        """(n, families) for each column of both halves, as broad as the inputs."""
        columns = by_family[:, np.tile(self.family, 2)]
        return columns.reshape(len(columns), *(1,) * (inputs.ndim - 2), -1)

    @property
    def families(self) -> int:
        return int(self.family.max()) + 1


def layout_of(name: Input) -> Layout:
    """Where an input that networks read has which signal family."""
    if name == "sequence":
        channels = list(FAMILY_CHANNELS.values())
        first = [SEQUENCE_INPUTS[channel][0] for channel in SEQUENCE_CHANNELS]
        family = [next(at for at, group in enumerate(channels) if channel in group) for channel in first]
        return Layout(np.array(family), presence=True, limit=LIMIT)
    family_of = {column: at for at, columns in enumerate(family_columns().values()) for column in columns}
    columns = np.array([family_of[column] for column in range(PREPARED_SHAPES[name][0] // 2)])
    return Layout(columns, presence=name == "features", limit=LIMIT if name == "features" else 1.0)


def augmented(
    inputs: Float32s, targets: Float32s, how: Augmentation, layout: Layout, rng: Generator
) -> tuple[Float32s, Float32s]:
    """New inputs (n, …, 2 * columns) and targets (n, K), of prepared ones; the given arrays stay as they are.

    What was missing stays missing, unless rows are mixed: then there is what either row has.
    """
    if how.mixup:
        inputs, targets = mixed(inputs, targets, how.mixup, rng)
    if how.time_warp:
        inputs = warped(inputs, how.time_warp, rng)
    if how.scaling:
        inputs = stretched(inputs, how.scaling, layout, rng)
    if how.noise:
        inputs = noisy(inputs, how.noise, layout, rng)
    if how.sensor_dropout:
        inputs = without_some_sensors(inputs, how.sensor_dropout, layout, rng)
    return inputs, targets


def mixed(inputs: Float32s, targets: Float32s, alpha: float, rng: Generator) -> tuple[Float32s, Float32s]:
    """Each row with a part, below one half, of another, and its label likewise (Zhang et al. 2018, arXiv:1710.09412).

    >>> rows, labels = mixed(np.float32([[0], [1]]), np.eye(2, dtype=np.float32), 0.4, np.random.default_rng(1))
    >>> bool(np.allclose(rows[:, 0], labels[:, 1]))
    True
    """
    other = rng.permutation(len(inputs))
    part = rng.beta(alpha, alpha, len(inputs)).astype(np.float32)
    part = np.minimum(part, 1 - part)
    by_row = part.reshape(-1, *(1,) * (inputs.ndim - 1))
    return inputs + by_row * (inputs[other] - inputs), targets + part[:, None] * (targets[other] - targets)


def warped(sequence: Float32s, strength: float, rng: Generator) -> Float32s:
    """Sequences (n, seconds, …) at a pace that changes; first and last second stay, no second comes before an earlier.

    Each second is one of the row's own (Um et al. 2017, arXiv:1706.00527, who interpolate: that cannot say missing).
    """
    count, seconds = sequence.shape[:2]
    pace = 1 + strength * rng.uniform(-1, 1, (count, KNOTS))
    knot = np.linspace(0, KNOTS - 1, seconds - 1) - np.arange(KNOTS)[:, None]
    passed = np.cumsum(pace @ np.maximum(0, 1 - np.abs(knot)), axis=1)
    when = np.rint(passed * (seconds - 1) / passed[:, -1:]).astype(np.int64)
    which = np.concatenate([np.zeros((count, 1), np.int64), when], axis=1)
    return np.take_along_axis(sequence, which.reshape(count, seconds, *(1,) * (sequence.ndim - 2)), axis=1)


def stretched(inputs: Float32s, strength: float, layout: Layout, rng: Generator) -> Float32s:
    """All values of a row's signal family times one factor around 1."""
    factor = 1 + strength * rng.standard_normal((len(inputs), layout.families), dtype=np.float32)
    fresh = inputs.copy()
    values, _ = layout.known(fresh)
    values *= layout.drawn(factor, fresh)[..., : values.shape[-1]]
    np.clip(values, -layout.limit, layout.limit, out=values)
    return fresh


def noisy(inputs: Float32s, strength: float, layout: Layout, rng: Generator) -> Float32s:
    """Gaussian noise on every value that is not missing."""
    fresh = inputs.copy()
    values, known = layout.known(fresh)
    values += strength * rng.standard_normal(values.shape, dtype=np.float32) * known
    np.clip(values, -layout.limit, layout.limit, out=values)
    return fresh


def without_some_sensors(inputs: Float32s, chance: float, layout: Layout, rng: Generator) -> Float32s:
    """Whole signal families of a row made missing, in both halves, as preparation writes what is missing."""
    kept = (rng.random((len(inputs), layout.families)) >= chance).astype(np.float32)
    return inputs * layout.drawn(kept, inputs)


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Inputs, targets and weights; order and augmentation depend on seed and epoch alone, so that one can go on."""

    def __init__(self, inputs: Float32s, targets: Float32s, label_weights: Float32s, recipe: Recipe) -> None:
        super().__init__()
        self._inputs = self._given = inputs
        self._targets = self._labels = targets
        self._label_weights = label_weights
        self._recipe = recipe
        self._order = np.arange(len(inputs))

    def begin(self, epoch: int, *, seed: int, reads: Input) -> None:
        """Makes ready the rows of an epoch."""
        rng = np.random.default_rng([seed, epoch])
        self._order = rng.permutation(len(self._given))
        how = self._recipe.augmentation
        if how != Augmentation():
            self._inputs, self._targets = augmented(self._given, self._labels, how, layout_of(reads), rng)

    def __len__(self) -> int:
        return -(-len(self._order) // self._recipe.batch_size)

    def __getitem__(self, number: int) -> tuple[Float32s, Float32s, Float32s]:
        size = self._recipe.batch_size
        rows = self._order[number * size : (number + 1) * size]
        targets = self._targets[rows]
        return self._inputs[rows], targets, targets @ self._label_weights
