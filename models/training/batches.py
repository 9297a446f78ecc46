"""Training rows in batches."""

import numpy as np

from models.core.arrays import Float32s
from models.core.keras3 import keras
from models.preprocessing.preparation import Input
from models.training.augmentation import augmented, layout_of
from models.training.recipes import Augmentation, Recipe


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
