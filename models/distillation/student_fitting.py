"""Fits a student on targets that are probabilities, and prunes it by magnitude meanwhile."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from models.core.arrays import Bools, Float32s, Reals
from models.core.keras3 import keras
from models.core.progress import Progress
from models.core.setting_checks import need_positive, need_share
from models.members import STUDENT


def sparsity_at(step: int, *, steps: int, final: float) -> float:
    """Share of weights that are to be 0 after a step: rising from 0, steeply at first, to `final` at `steps`.

    final · (1 − (1 − step/steps)³), Zhu & Gupta 2017, arXiv:1710.01878, equation 1.

    >>> [round(sparsity_at(step, steps=10, final=0.8), 2) for step in (0, 5, 10, 20)]
    [0.0, 0.7, 0.8, 0.8]
    """
    return final * (1 - (1 - min(step / steps, 1)) ** 3)


def kept(weights: Reals, sparsity: float) -> Bools:
    """Which weights stay: all but the given share, rounded to whole weights, of the smallest; ties by their place.

    >>> kept(np.array([[0.1, -3.0], [2.0, -0.2]]), 0.5).tolist()
    [[False, True], [True, False]]
    """
    order = np.argsort(np.abs(weights), axis=None, kind="stable")
    stay = np.ones(weights.size, dtype=bool)
    stay[order[: round(sparsity * weights.size)]] = False
    return stay.reshape(weights.shape)


class MagnitudePruning(keras.callbacks.Callback):  # type: ignore[misc]
    """Sets the smallest weights of every dense layer but the last to 0, ever more until `steps`, and keeps them there.

    Needs a model that is compiled to take one step at a time.
    """

    def __init__(self, final: float, *, steps: int) -> None:
        super().__init__()
        self._final, self._steps, self._step = final, steps, 0

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._step += 1
        sparsity = sparsity_at(self._step, steps=self._steps, final=self._final)
        for kernel in prunable(self.model):
            values = np.asarray(kernel)
            kernel.assign(values * kept(values, sparsity))


def prunable(model: keras.Model) -> list[keras.Variable]:
    """Kernels of the dense layers, without the last: few weights, and each label needs its own."""
    return [layer.kernel for layer in model.layers if isinstance(layer, keras.layers.Dense)][:-1]


def sparsity_of(model: keras.Model) -> float:
    """Share of the prunable weights that are 0."""
    kernels = [np.asarray(kernel) for kernel in prunable(model)]
    return sum(int((kernel == 0).sum()) for kernel in kernels) / sum(kernel.size for kernel in kernels)


STEPS_AT_ONCE: Final = 20
"""Keras takes so many steps in one call, which is most of what steps of so small a network cost."""

VALIDATION_BATCH: Final = 512

STOPS_TAKING: Final = 0.7
"""Share of the pruning after which no more weights are taken, and those left recover."""


@dataclass(frozen=True)
class Schooling:
    """AdamW, the learning rate falling to 0 along a cosine; then, if pruned, once more while weights are taken."""

    epochs: int = 25
    batch_size: int = 128
    learning_rate: float = 2e-3
    weight_decay: float = 1e-3
    sparsity: float = 0.0
    """Share of the dense layers' weights that end at 0."""
    pruning_epochs: int = 15
    pruning_rate: float = 1e-3

    @property
    def all_epochs(self) -> int:
        """Those of pruning included."""
        return self.epochs + (self.pruning_epochs if self.sparsity else 0)

    def __post_init__(self) -> None:
        need_positive(self, "epochs", "batch_size", "learning_rate", "pruning_epochs", "pruning_rate")
        need_share(self, "weight_decay", "sparsity")


@dataclass(frozen=True)
class Lesson:
    """Prepared rows and what is to be answered (n, K): to learn, and of other people to look at."""

    inputs: Float32s
    targets: Float32s
    validation_inputs: Float32s
    validation_targets: Float32s


def school(model: keras.Model, lesson: Lesson, schooling: Schooling, progress: Callable[[Progress], None]) -> None:
    """Fits the model in place. Batches and dropout come from Keras' global random seed."""
    _Fitting(model, lesson, schooling, progress).run()


@dataclass(frozen=True)
class _Fitting:
    model: keras.Model
    lesson: Lesson
    schooling: Schooling
    progress: Callable[[Progress], None]

    def run(self) -> None:
        taught, last = self.schooling.epochs, self.schooling.all_epochs
        self._compile(self.schooling.learning_rate, taught, at_once=STEPS_AT_ONCE)
        self._fit(0, taught)
        if last > taught:
            # What is pruned stays 0 only if it is set to 0 after every step.
            self._compile(self.schooling.pruning_rate, last - taught, at_once=1)
            steps = round(STOPS_TAKING * (last - taught) * self._steps)
            self._fit(taught, last, MagnitudePruning(self.schooling.sparsity, steps=steps))

    @property
    def _steps(self) -> int:
        """In one epoch."""
        return -(-len(self.lesson.inputs) // self.schooling.batch_size)

    def _compile(self, rate: float, epochs: int, *, at_once: int) -> None:
        falling = keras.optimizers.schedules.CosineDecay(rate, epochs * self._steps)
        optimizer = keras.optimizers.AdamW(falling, weight_decay=self.schooling.weight_decay)
        # Compiled by XLA each step would take several times as long.
        self.model.compile(optimizer, "categorical_crossentropy", steps_per_execution=at_once, jit_compile=False)
        optimizer.build(self.model.trainable_variables)

    def _fit(self, first: int, last: int, *callbacks: keras.callbacks.Callback) -> None:
        self.model.fit(
            self.lesson.inputs,
            self.lesson.targets,
            validation_data=(self.lesson.validation_inputs, self.lesson.validation_targets),
            validation_batch_size=VALIDATION_BATCH,
            batch_size=self.schooling.batch_size,
            initial_epoch=first,
            epochs=last,
            callbacks=[*callbacks, keras.callbacks.LambdaCallback(on_epoch_end=self._tell)],
            verbose=0,
        )

    def _tell(self, epoch: int, logs: dict[str, float]) -> None:
        self.progress(Progress(STUDENT, epoch + 1, self.schooling.all_epochs, logs["loss"], logs["val_loss"]))
