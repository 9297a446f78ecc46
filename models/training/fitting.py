"""Fits one member after the other on the same people."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Final, Self

import numpy as np
from sklearn.metrics import log_loss

from models.core.arrays import Float32s, Floats, Ints
from models.core.dataset import Dataset
from models.core.errors import TrainingError
from models.core.keras3 import keras
from models.core.progress import Progress
from models.ensemble.ensemble import raw_inputs
from models.members import NETWORKS, READS, TREES, build_network, trees
from models.members.forest import BoostedTrees, forest_of, grow
from models.preprocessing.preparation import PREPARED_SHAPES, Input, Preparation
from models.training.checkpoints import Saved
from models.training.network_fitting import NetworkFitting, Rows, Watching
from models.training.settings import TrainingConfig
from models.training.snapshots import mean_of

FINISHED: Final = "finished"
"""The fact that marks the checkpoint of a member that is trained to its end."""


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
    watching: Watching

    def member(self, name: str, seed: int) -> keras.Model:
        """A trained member, or the one that the checkpoints have; a network that others stop is of its best epoch."""
        found = self.watching.checkpoints.read(name)
        if found and FINISHED in found.facts:
            self.watching.progress(Progress(**found.facts[FINISHED]))
            return self._again(name, found)
        return self._trees(seed) if name == TREES else self._network(name, seed)

    def label_weights(self) -> Floats:
        """By label: the more the rarer, by the power set; their mean over training rows is 1."""
        counts = np.bincount(self.train.label, minlength=self.labels)
        weights = counts.astype(np.float64) ** -self.config.label_balance
        return np.asarray(weights * counts.sum() / (weights @ counts))

    def _again(self, name: str, found: Saved) -> keras.Model:
        if name == TREES:
            parts = {
                field.name: array for field, array in zip(fields(BoostedTrees), found.groups["forest"], strict=True)
            }
            forest = BoostedTrees(**parts | {"depth": int(parts["depth"])})  # type: ignore[arg-type]
            return trees.build(forest, shape=PREPARED_SHAPES[READS[TREES]])
        return mean_of(self._builder(name), list(found.groups.values()))

    def _trees(self, seed: int) -> keras.Model:
        reads = READS[TREES]
        weight = self.label_weights()[self.train.label]
        grown = grow(self.train.inputs[reads], self.train.label, weight, self.config.trees, seed=seed)
        loss, validation_loss = (
            log_loss(rows.label, grown.probabilities(rows.inputs[reads]), labels=np.arange(self.labels))
            for rows in (self.train, self.validation)
        )
        last, forest = Progress(TREES, 1, 1, float(loss), float(validation_loss)), forest_of(grown)
        arrays = [np.asarray(array) for array in vars(forest).values()]
        self.watching.checkpoints.write(TREES, Saved({FINISHED: asdict(last)}, {"forest": arrays}))
        self.watching.progress(last)
        return trees.build(forest, shape=PREPARED_SHAPES[reads])

    def _network(self, name: str, seed: int) -> keras.Model:
        reads = NETWORKS[name].reads
        fitting = NetworkFitting(
            name=name,
            build=self._builder(name),
            reads=reads,
            recipe=getattr(self.config.recipes, name),
            train=self._rows(self.train, reads),
            validation=self._rows(self.validation, reads),
            label_weights=self.label_weights(),
        )
        fitted = fitting.fitted(self.watching, seed=seed)
        weights = {f"network_{number}": each for number, each in enumerate(fitted.weights)}
        self.watching.checkpoints.write(name, Saved({FINISHED: asdict(fitted.last)}, weights))
        return fitted.network

    def _builder(self, name: str) -> Callable[[], keras.Model]:
        def build() -> keras.Model:
            try:
                return build_network(name, self.config.sizes, labels=self.labels)
            except ValueError as fault:
                why = str(fault).strip().splitlines()[0]
                raise TrainingError(f"training: {name} cannot be built with sizes.{name}: {why}") from fault

        return build

    def _rows(self, rows: Prepared, reads: Input) -> Rows:
        return Rows(rows.inputs[reads], np.eye(self.labels, dtype=np.float32)[rows.label])
