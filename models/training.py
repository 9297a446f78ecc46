"""Trains every member on people, stops by other people, calibrates on those, and reports on people never seen."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from sklearn.utils.class_weight import compute_class_weight

from models.arrays import Float32s, Ints
from models.calibration import fit_temperature
from models.dataset import Dataset, TrainedOn
from models.ensemble import Ensemble, member_probabilities, mixed
from models.evaluation import Report, evaluate
from models.keras3 import keras
from models.members import MEMBERS, build_member
from models.scaling import Scaling, fit_scaling, scaled_array
from models.settings import TrainingConfig
from models.split import Split, split_by_person

VALIDATION_BATCH: Final = 512


@dataclass(frozen=True)
class Progress:
    """One finished epoch of one member."""

    member: str
    epoch: int
    of: int
    loss: float
    validation_loss: float


@dataclass(frozen=True)
class TrainedEnsemble:
    """All that a bundle is made of."""

    ensemble: Ensemble
    config: TrainingConfig
    split: Split
    report: Report
    labels: tuple[str, ...]
    channels: tuple[str, ...]
    trained_on: TrainedOn
    data_hash: str


def train(
    dataset: Dataset, config: TrainingConfig, progress: Callable[[Progress], None], *, split: Split | None = None
) -> TrainedEnsemble:
    """Trains, calibrates and evaluates the ensemble; sets Keras' global random seed.

    Without a split it makes one by person, and raises TrainingError when there are fewer than three people, or a label
    that no training person shows.
    """
    rows = dataset.ordered()
    split = split or split_by_person(
        rows, validation_share=config.validation_share, test_share=config.test_share, seed=config.seed
    )
    learning, validation = rows.of(split.train), rows.of(split.validation)
    scalings = {"features": fit_scaling(learning.features), "sequence": fit_scaling(learning.sequence)}
    fits = _Fit(config, _Scaled.of(learning, scalings), _Scaled.of(validation, scalings), progress)
    members = {name: fits.member(name, seed) for seed, name in enumerate(MEMBERS, start=config.seed)}
    ensemble = _calibrated(Ensemble(members, scalings, config.weights), validation)
    report = evaluate(rows, split, ensemble.predict, members=ensemble.names)
    return TrainedEnsemble(
        ensemble=ensemble,
        config=config,
        split=split,
        report=report,
        labels=dataset.label_names,
        channels=ensemble.channels(),
        trained_on=dataset.trained_on,
        data_hash=dataset.data_hash(),
    )


def _calibrated(ensemble: Ensemble, validation: Dataset) -> Ensemble:
    raw = {"features": validation.features, "sequence": validation.sequence}
    mix = mixed(member_probabilities(ensemble, raw), ensemble)
    return replace(ensemble, temperature=fit_temperature(mix, validation.label))


@dataclass(frozen=True)
class _Scaled:
    """Scaled inputs by name, and labels."""

    inputs: dict[str, Float32s]
    label: Ints

    @classmethod
    def of(cls, rows: Dataset, scalings: dict[str, Scaling]) -> "_Scaled":
        inputs = {name: scaled_array(getattr(rows, name), scaling) for name, scaling in scalings.items()}
        return cls(inputs, rows.label)


@dataclass(frozen=True)
class _Fit:
    """Fits one member after the other on the same rows."""

    config: TrainingConfig
    train: _Scaled
    validation: _Scaled
    progress: Callable[[Progress], None]

    def member(self, name: str, seed: int) -> keras.Model:
        """A trained member with the weights of its best epoch."""
        keras.utils.set_random_seed(seed)
        reads = MEMBERS[name].reads
        labels = np.unique(self.train.label)
        model = build_member(name, self.config.sizes, labels=len(labels))
        model.compile(keras.optimizers.Adam(self.config.learning_rate), "sparse_categorical_crossentropy")
        # Without its variables the optimizer makes TensorFlow trace the training step a second time.
        model.optimizer.build(model.trainable_variables)
        model.fit(
            self.train.inputs[reads],
            self.train.label,
            validation_data=(self.validation.inputs[reads], self.validation.label),
            class_weight=dict(enumerate(compute_class_weight("balanced", classes=labels, y=self.train.label))),
            batch_size=self.config.batch_size,
            validation_batch_size=VALIDATION_BATCH,
            epochs=self.config.epochs,
            callbacks=[self._best_epoch(), self._teller(name)],
            verbose=0,
        )
        return model

    def _best_epoch(self) -> keras.callbacks.Callback:
        return keras.callbacks.EarlyStopping("val_loss", patience=self.config.patience, restore_best_weights=True)

    def _teller(self, name: str) -> keras.callbacks.Callback:
        def tell(epoch: int, logs: dict[str, float]) -> None:
            self.progress(Progress(name, epoch + 1, self.config.epochs, logs["loss"], logs["val_loss"]))

        return keras.callbacks.LambdaCallback(on_epoch_end=tell)
