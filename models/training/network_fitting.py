"""Fits one network by its recipe: learning rates, batches, early stop."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from models.core.arrays import Float32s, Floats
from models.core.keras3 import keras
from models.core.progress import Progress
from models.preprocessing.preparation import Input
from models.training.augmentation import Batches
from models.training.checkpoints import Checkpoints, Resuming
from models.training.recipes import Recipe
from models.training.snapshots import Snapshots, Weights, mean_of

schedules = keras.optimizers.schedules

RISE: Final = 0.45
"""Share of the steps in which the one cycle rises, and of those in which it falls again."""
LOWEST: Final = (0.1, 0.1, 0.001)
"""The rates at its start, at its end, and at the end of all steps, as parts of the highest."""


class OneCycle(schedules.LearningRateSchedule):  # type: ignore[misc, name-defined]
    """Up and down once in straight lines, then lower still (Smith and Topin 2018, arXiv:1708.07120).

    >>> rate = OneCycle(0.1, steps=100)
    >>> [round(float(rate(step)), 4) for step in (0, 45, 90, 100)]
    [0.01, 0.1, 0.01, 0.0001]
    """

    def __init__(self, highest: float, *, steps: int) -> None:
        super().__init__()
        self._highest, self._steps = highest, steps

    def __call__(self, step: keras.KerasTensor) -> keras.KerasTensor:
        ops = keras.ops
        first, last, end = (np.float32(part) for part in LOWEST)
        at = ops.cast(step, "float32") / np.float32(self._steps)
        rise, fall, rest = at / RISE, (at - RISE) / RISE, (at - 2 * RISE) / (1 - 2 * RISE)
        up, down = first + (1 - first) * rise, 1 - (1 - last) * fall
        below = last + (end - last) * ops.minimum(rest, 1.0)
        return np.float32(self._highest) * ops.where(rise < 1, up, ops.where(fall < 1, down, below))

    def get_config(self) -> dict[str, float]:
        return {"highest": self._highest, "steps": self._steps}


def learning_rate(recipe: Recipe, steps: int) -> float | keras.optimizers.schedules.LearningRateSchedule:
    """What an optimizer takes as its rate over so many steps."""
    highest = recipe.learning_rate
    if recipe.schedule == "one_cycle":
        return OneCycle(highest, steps=steps)
    if recipe.schedule == "constant":
        return highest
    if recipe.snapshots > 1:
        return schedules.CosineDecayRestarts(highest, steps // recipe.snapshots, t_mul=1.0, m_mul=1.0)
    warmup = round(recipe.warmup * steps)
    if warmup:
        return schedules.CosineDecay(0.0, steps - warmup, warmup_target=highest, warmup_steps=warmup)
    return schedules.CosineDecay(highest, steps)


def optimizer(recipe: Recipe, steps: int) -> keras.optimizers.Optimizer:
    """The optimizer of a network that is fitted in so many steps."""
    rate = learning_rate(recipe, steps)
    if recipe.optimizer == "adamw":
        return keras.optimizers.AdamW(rate, weight_decay=recipe.weight_decay)
    return keras.optimizers.Adam(rate)


def loss(recipe: Recipe) -> keras.losses.Loss:
    """The loss that is minimised; labels are weighed by the rows' weights."""
    if recipe.loss == "focal":
        return keras.losses.CategoricalFocalCrossentropy(
            alpha=1.0, gamma=recipe.gamma, label_smoothing=recipe.label_smoothing
        )
    return keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing)


VALIDATION_BATCH: Final = 512


@dataclass(frozen=True)
class Rows:
    """What a network reads, and what it is to answer: a probability for each label (n, K)."""

    inputs: Float32s
    targets: Float32s


@dataclass(frozen=True)
class Watching:
    """Who is told, and what is kept, while networks are fitted."""

    progress: Callable[[Progress], None]
    checkpoints: Checkpoints = field(default_factory=lambda: Checkpoints(None))
    logs: Path | None = None
    """Where TensorBoard finds each network's losses."""


@dataclass(frozen=True)
class Fitted:
    """A network, the weights it is made of (one set, or one of each snapshot), and what was told last."""

    network: keras.Model
    weights: list[Weights]
    last: Progress


@dataclass(frozen=True)
class NetworkFitting:
    """A network's name, how it is built, and how it is fitted to which rows."""

    name: str
    build: Callable[[], keras.Model]
    reads: Input
    recipe: Recipe
    train: Rows
    validation: Rows
    label_weights: Floats
    """(K,): how much a row counts, by label."""

    def fitted(self, watching: Watching, *, seed: int) -> Fitted:
        """Sets Keras' global random seed. Where it was killed in between it goes on, to the same network."""
        keras.utils.set_random_seed(seed)
        model = self._compiled()
        batches = Batches(self.train.inputs, self.train.targets, self.label_weights.astype("float32"), self.recipe)
        told: list[Progress] = []
        keeping = self._keeping()
        resuming = Resuming(watching.checkpoints, self.name, keeping)
        model.fit(
            batches,
            validation_data=(self.validation.inputs, self.validation.targets),
            validation_batch_size=VALIDATION_BATCH,
            shuffle=False,
            initial_epoch=resuming.first_epoch,
            epochs=self.recipe.epochs,
            callbacks=[
                keras.callbacks.LambdaCallback(
                    on_epoch_begin=lambda epoch, logs: batches.begin(epoch, seed=seed, reads=self.reads)
                ),
                *keeping,
                resuming,
                *self._logging(watching.logs),
                self._telling(told, watching.progress),
            ],
            verbose=0,
        )
        return self._answering(model, keeping, told[-1])

    def _compiled(self) -> keras.Model:
        model = self.build()
        steps = self.recipe.epochs * -(-len(self.train.inputs) // self.recipe.batch_size)
        # Compiled by XLA, which Keras would choose, steps of networks as small as these take longer on a CPU.
        model.compile(optimizer(self.recipe, steps), loss(self.recipe), jit_compile=False)
        # Without its variables the optimizer makes TensorFlow trace the training step a second time.
        model.optimizer.build(model.trainable_variables)
        return model

    def _keeping(self) -> list[keras.callbacks.Callback]:
        if self.recipe.snapshots > 1:
            return [Snapshots(self.recipe.epochs // self.recipe.snapshots)]
        if self.recipe.patience is None:
            return []
        return [keras.callbacks.EarlyStopping("val_loss", patience=self.recipe.patience, restore_best_weights=True)]

    def _logging(self, folder: Path | None) -> list[keras.callbacks.Callback]:
        return [] if folder is None else [keras.callbacks.TensorBoard(str(folder / self.name), write_graph=False)]

    def _telling(self, told: list[Progress], progress: Callable[[Progress], None]) -> keras.callbacks.Callback:
        def tell(epoch: int, logs: dict[str, float]) -> None:
            told.append(Progress(self.name, epoch + 1, self.recipe.epochs, logs["loss"], logs["val_loss"]))
            progress(told[-1])

        return keras.callbacks.LambdaCallback(on_epoch_end=tell)

    def _answering(self, model: keras.Model, keeping: list[keras.callbacks.Callback], last: Progress) -> Fitted:
        for callback in keeping:
            if isinstance(callback, Snapshots):
                return Fitted(mean_of(self.build, callback.kept), callback.kept, last)
        return Fitted(model, [model.get_weights()], last)
