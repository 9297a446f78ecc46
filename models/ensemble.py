"""The weighted ensemble as one network: raw features and sequence in, calibrated probabilities out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from models.arrays import Float32s, Floats
from models.calibration import SMALLEST, tempered
from models.inputs import FEATURE_SHAPE, SEQUENCE_SHAPE, channels_behind
from models.keras3 import keras
from models.members import MEMBERS
from models.prediction import Prediction
from models.scaling import Scaling, scaled, scaled_array
from models.weights import Weights

CHUNK: Final = 512


@dataclass(frozen=True)
class Ensemble:
    """Trained members (name -> Keras model on scaled input) and what joins them."""

    members: Mapping[str, keras.Model]
    scalings: Mapping[str, Scaling]
    weights: Weights
    temperature: float = 1.0

    def weighted(self) -> tuple[tuple[str, float], ...]:
        """Name and weight of each member that this ensemble has."""
        return tuple((name, weight) for name, weight in self.weights.items() if name in self.members)

    @property
    def names(self) -> tuple[str, ...]:
        """Its members, in the order of every answer."""
        return tuple(name for name, _ in self.weighted())

    def channels(self) -> tuple[str, ...]:
        """Measured channels that training saw and that reach a member of weight above 0."""
        read = {MEMBERS[name].reads for name, weight in self.weighted() if weight > 0}
        seen = {name: scaling.seen if name in read else None for name, scaling in self.scalings.items()}
        return channels_behind(features=seen["features"], sequence=seen["sequence"])

    def predict(self, features: Float32s, sequence: Float32s) -> Prediction:
        """What `Predictor.predict` answers once this ensemble is saved and loaded."""
        members = member_probabilities(self, {"features": features, "sequence": sequence})
        return Prediction(tempered(mixed(members, self), self.temperature), members)


def member_probabilities(ensemble: Ensemble, raw: Mapping[str, Float32s]) -> Floats:
    """Every member's probabilities (n, members, K) for raw features and sequence; NaN is missing."""
    inputs = {name: scaled_array(values, ensemble.scalings[name]) for name, values in raw.items()}
    answers = [_in_chunks(ensemble.members[name], inputs[MEMBERS[name].reads]) for name in ensemble.names]
    return np.stack(answers, axis=1)


def _in_chunks(member: keras.Model, inputs: Float32s) -> Floats:
    chunks = range(0, len(inputs), CHUNK)
    answers: list[Floats] = [np.asarray(member(inputs[at : at + CHUNK], training=False)) for at in chunks]
    return np.concatenate(answers, dtype=np.float64)


def mixed(members: Floats, ensemble: Ensemble) -> Floats:
    """Weighted mean over members: (n, members, K) -> (n, K), not calibrated yet."""
    weights = [weight for _, weight in ensemble.weighted()]
    return np.asarray(np.einsum("nmk,m->nk", members, weights))


def fuse(ensemble: Ensemble) -> keras.Model:
    """One Keras model: raw `features` and `sequence` -> calibrated `probabilities` (n, K) and `members` (n, M, K)."""
    ops = keras.ops
    raw = {
        "features": keras.Input(FEATURE_SHAPE, name="features"),
        "sequence": keras.Input(SEQUENCE_SHAPE, name="sequence"),
    }
    inputs = {name: scaled(tensor, ensemble.scalings[name]) for name, tensor in raw.items()}
    members = ops.stack([ensemble.members[name](inputs[MEMBERS[name].reads]) for name in ensemble.names], axis=1)
    weights = np.array([weight for _, weight in ensemble.weighted()], dtype=np.float32)
    mix = ops.sum(members * weights[:, None], axis=1)
    probabilities = ops.softmax(ops.log(ops.maximum(mix, SMALLEST)) / ensemble.temperature)
    return keras.Model(raw, {"probabilities": probabilities, "members": members}, name="ensemble")


def export(ensemble: Ensemble, folder: str) -> None:
    """Writes the fused network as a TensorFlow SavedModel whose `serving_default` takes and gives what `fuse` says."""
    fuse(ensemble).export(folder, format="tf_saved_model", verbose=False)
