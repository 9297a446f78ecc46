"""The ensemble as one network: raw features, baseline and sequence in, calibrated probabilities out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from models.core.arrays import Float32s, Floats
from models.core.dataset import Dataset
from models.core.inputs import RAW_SHAPES, channels_behind
from models.core.keras3 import keras
from models.core.prediction import Prediction
from models.ensemble.calibration import Calibrator
from models.ensemble.combining import Combiner
from models.members import READS
from models.preprocessing.preparation import Preparation

CHUNK: Final = 512


@dataclass(frozen=True)
class Ensemble:
    """Trained members (name -> Keras model on prepared input, in the order of every answer) and what joins them."""

    members: Mapping[str, keras.Model]
    preparation: Preparation
    combiner: Combiner
    calibration: Calibrator

    @property
    def names(self) -> tuple[str, ...]:
        """Its members, in the order of every answer."""
        return tuple(self.members)

    def shares(self) -> tuple[tuple[str, float], ...]:
        """Name and weight of each member."""
        return tuple(zip(self.names, self.combiner.shares.tolist(), strict=True))

    def channels(self) -> tuple[str, ...]:
        """Measured channels that training saw and that reach a member of weight above 0."""
        read = {READS[name] for name, share in self.shares() if share > 0}
        return channels_behind(
            features=self.preparation.features.seen if read - {"sequence"} else None,
            sequence=self.preparation.sequence.seen if "sequence" in read else None,
        )

    def predict(self, features: Float32s, sequence: Float32s, baseline: Float32s | None = None) -> Prediction:
        """What `Predictor.predict` answers once this ensemble is saved and loaded."""
        known = np.full_like(features, np.nan) if baseline is None else baseline
        members = self.answers({"features": features, "baseline": known, "sequence": sequence})
        return Prediction(np.asarray(self.calibration(self.mixed(members))), members)

    def answers(self, raw: Mapping[str, Float32s]) -> Floats:
        """Every member's probabilities (n, members, K) for raw inputs; NaN is missing."""
        rows = range(0, len(raw["features"]), CHUNK)
        return np.concatenate([self._chunk({k: v[at : at + CHUNK] for k, v in raw.items()}) for at in rows])

    def _chunk(self, raw: Mapping[str, Float32s]) -> Floats:
        inputs = self.preparation.inputs(raw)
        answers = [np.asarray(model(inputs[READS[name]], training=False)) for name, model in self.members.items()]
        return np.stack(answers, axis=1, dtype=np.float64)

    def mixed(self, members: Floats) -> Floats:
        """Members' answers as one, not calibrated yet: (n, members, K) -> (n, K)."""
        return np.asarray(self.combiner(members.astype(np.float32)), dtype=np.float64)


def raw_inputs(rows: Dataset) -> dict[str, Float32s]:
    """What the ensemble reads of windows."""
    return {name: getattr(rows, name) for name in RAW_SHAPES}


def fuse(ensemble: Ensemble) -> keras.Model:
    """One Keras model: raw inputs -> calibrated `probabilities` (n, K) and `members` (n, M, K)."""
    raw = {name: keras.Input(shape, name=name) for name, shape in RAW_SHAPES.items()}
    inputs = ensemble.preparation.inputs(raw)
    answers = [model(inputs[READS[name]]) for name, model in ensemble.members.items()]
    members = keras.ops.stack(answers, axis=1)
    probabilities = ensemble.calibration(ensemble.combiner(members))
    return keras.Model(raw, {"probabilities": probabilities, "members": members}, name="ensemble")


def export(ensemble: Ensemble, folder: str) -> None:
    """Writes the fused network as a TensorFlow SavedModel whose `serving_default` takes and gives what `fuse` says."""
    fuse(ensemble).export(folder, format="tf_saved_model", verbose=False)
