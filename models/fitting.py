"""Fits one member after the other on the same people."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from sklearn.metrics import log_loss

from models.arrays import Float32s, Floats, Ints
from models.dataset import Dataset
from models.ensemble import raw_inputs
from models.forest import forest_of, grow
from models.keras3 import keras
from models.members import NETWORKS, READS, TREES, build_network, trees
from models.preparation import PREPARED_SHAPES, Input, Preparation
from models.settings import TrainingConfig

VALIDATION_BATCH: Final = 512
ANNEALED: Final = "personal"
"""The network that is trained for a fixed time with a falling learning rate, not until other people stop it."""


@dataclass(frozen=True)
class Progress:
    """One finished epoch of one member; trees have one."""

    member: str
    epoch: int
    of: int
    loss: float
    validation_loss: float


@dataclass(frozen=True)
class Prepared:
    """What members read of windows, and the windows' labels."""

    inputs: dict[Input, Float32s]
    label: Ints

    @classmethod
    def of(cls, rows: Dataset, preparation: Preparation) -> Self:
        return cls(preparation.arrays(raw_inputs(rows)), rows.label)


@dataclass(frozen=True)
class Fitting:
    """Settings, people to learn from, and people to stop by."""

    config: TrainingConfig
    labels: int
    train: Prepared
    validation: Prepared
    progress: Callable[[Progress], None]

    def member(self, name: str, seed: int) -> keras.Model:
        """A trained member; a network that others stop has the weights of its best epoch."""
        return self._trees(seed) if name == TREES else self._network(name, seed)

    def label_weights(self) -> Floats:
        """By label: the more the rarer, by the power set; their mean over training rows is 1."""
        counts = np.bincount(self.train.label, minlength=self.labels)
        weights = counts.astype(np.float64) ** -self.config.label_balance
        return np.asarray(weights * counts.sum() / (weights @ counts))

    def _trees(self, seed: int) -> keras.Model:
        reads = READS[TREES]
        weight = self.label_weights()[self.train.label]
        grown = grow(self.train.inputs[reads], self.train.label, weight, self.config.trees, seed=seed)
        loss, validation_loss = (
            log_loss(rows.label, grown.probabilities(rows.inputs[reads]), labels=np.arange(self.labels))
            for rows in (self.train, self.validation)
        )
        self.progress(Progress(TREES, 1, 1, float(loss), float(validation_loss)))
        return trees.build(forest_of(grown), shape=PREPARED_SHAPES[reads])

    def _network(self, name: str, seed: int) -> keras.Model:
        keras.utils.set_random_seed(seed)
        reads = NETWORKS[name].reads
        model = build_network(name, self.config.sizes, labels=self.labels)
        recipe = self._annealed() if name == ANNEALED else self._stopped()
        model.compile(recipe.optimizer, keras.losses.CategoricalCrossentropy(label_smoothing=recipe.smoothing))
        # Without its variables the optimizer makes TensorFlow trace the training step a second time.
        model.optimizer.build(model.trainable_variables)
        hot = np.eye(self.labels, dtype=np.float32)
        model.fit(
            self.train.inputs[reads],
            hot[self.train.label],
            validation_data=(self.validation.inputs[reads], hot[self.validation.label]),
            class_weight=dict(enumerate(self.label_weights())),
            batch_size=recipe.batch_size,
            validation_batch_size=VALIDATION_BATCH,
            epochs=recipe.epochs,
            callbacks=[*recipe.callbacks, self._teller(name, recipe.epochs)],
            verbose=0,
        )
        return model

    def _stopped(self) -> "_Recipe":
        config = self.config
        best = keras.callbacks.EarlyStopping("val_loss", patience=config.patience, restore_best_weights=True)
        return _Recipe(keras.optimizers.Adam(config.learning_rate), config.epochs, config.batch_size, 0.0, (best,))

    def _annealed(self) -> "_Recipe":
        config = self.config.annealing
        steps = config.epochs * -(-len(self.train.label) // config.batch_size)
        falling = keras.optimizers.schedules.CosineDecay(config.learning_rate, steps)
        optimizer = keras.optimizers.AdamW(falling, weight_decay=config.weight_decay)
        return _Recipe(optimizer, config.epochs, config.batch_size, config.label_smoothing, ())

    def _teller(self, name: str, epochs: int) -> keras.callbacks.Callback:
        def tell(epoch: int, logs: dict[str, float]) -> None:
            self.progress(Progress(name, epoch + 1, epochs, logs["loss"], logs["val_loss"]))

        return keras.callbacks.LambdaCallback(on_epoch_end=tell)


@dataclass(frozen=True)
class _Recipe:
    optimizer: keras.optimizers.Optimizer
    epochs: int
    batch_size: int
    smoothing: float
    callbacks: tuple[keras.callbacks.Callback, ...]
