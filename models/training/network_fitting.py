"""Fits one network by its recipe."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from models.core.arrays import Float32s, Floats
from models.core.keras3 import keras
from models.core.progress import Progress
from models.preprocessing.preparation import Input
from models.training.batches import Batches
from models.training.checkpoints import Checkpoints
from models.training.optimisation import loss, optimizer
from models.training.recipes import Recipe
from models.training.resuming import Resuming
from models.training.snapshots import Snapshots, Weights, mean_of

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
