"""The one way to apply a bundle: stream, batch and server alike. Imports TensorFlow only when a bundle is loaded."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Final, Self

import numpy as np
from numpy.typing import ArrayLike

from models.arrays import Float32s
from models.bundle import SAVED_MODEL, verified
from models.errors import BundleError
from models.inputs import FEATURE_SHAPE, SEQUENCE_SHAPE
from models.manifest import Manifest
from models.prediction import Prediction
from models.runtime import import_tensorflow

CHUNK: Final = 128
"""Most rows that the network is given at once: more no longer fit the processor's cache, fewer cost more calls."""

GRANULE: Final = 16
"""Rows are padded to a multiple of this. Whole vector registers whatever the number of labels: a row's answer is then
the same to the last bit wherever it stands and whatever stands beside it."""


@dataclass(frozen=True)
class Predictor:
    """A loaded bundle: its manifest, and its network as a function of arrays."""

    manifest: Manifest
    answer: Callable[[Float32s, Float32s], Prediction]

    @classmethod
    def load(cls, path: Path | str, threads: int = 1) -> Self:
        """Verifies and loads a bundle and lets it answer once, so that the first real answer is not slower.

        TensorFlow gets `threads` threads unless it already ran in this process. Raises BundleError.
        """
        folder = Path(path)
        manifest = verified(folder)
        tensorflow = import_tensorflow(threads)
        try:
            predictor = cls(manifest, _network(tensorflow, folder / SAVED_MODEL))
            nothing = predictor.predict(np.full((1, *FEATURE_SHAPE), np.nan), np.full((1, *SEQUENCE_SHAPE), np.nan))
        except (OSError, LookupError, ValueError, TypeError, tensorflow.errors.OpError) as error:
            fault = (str(error).splitlines() or [repr(error)])[0]
            raise BundleError(f"bundle {folder}: its network cannot be used ({fault}); train it again") from error
        if not np.isfinite(nothing.probabilities).all():
            raise BundleError(f"bundle {folder}: its network gives no finite probabilities; train it again")
        return predictor

    @property
    def labels(self) -> tuple[str, ...]:
        """Names in the order of probabilities."""
        return self.manifest.labels

    def predict(self, features: ArrayLike, sequence: ArrayLike) -> Prediction:
        """Raw features (n, F) and sequence (n, seconds, channels), NaN for missing -> n answers, float32.

        An answer does not depend on the other rows. Raises ValueError for other shapes.
        """
        rows = np.asarray(features, dtype=np.float32), np.asarray(sequence, dtype=np.float32)
        n = len(rows[0])
        for array, shape in zip(rows, (FEATURE_SHAPE, SEQUENCE_SHAPE), strict=True):
            if array.shape != (n, *shape):
                raise ValueError(f"predict: shape is {array.shape}, must be {(n, *shape)}")
        parts = [self._chunk(*(array[at : at + CHUNK] for array in rows)) for at in range(0, max(n, 1), CHUNK)]
        return Prediction(
            np.concatenate([part.probabilities for part in parts]), np.concatenate([part.members for part in parts])
        )

    def _chunk(self, features: Float32s, sequence: Float32s) -> Prediction:
        """Answers for at most `CHUNK` rows."""
        n = len(features)
        padded = self.answer(_padded(features), _padded(sequence))
        expected = (len(self.manifest.members), len(self.labels))
        if padded.members.shape[1:] != expected or padded.probabilities.shape[1:] != expected[1:]:
            raise ValueError(
                f"it answers with members and labels {padded.members.shape[1:]}, the manifest names {expected}"
            )
        return Prediction(padded.probabilities[:n], padded.members[:n])


def _padded(rows: Float32s) -> Float32s:
    """Rows, then rows of NaN up to a multiple of `GRANULE`."""
    size = max(-(-len(rows) // GRANULE), 1) * GRANULE
    padded = np.full((size, *rows.shape[1:]), np.nan, dtype=np.float32)
    padded[: len(rows)] = rows
    return padded


def _network(tensorflow: ModuleType, saved_model: Path) -> Callable[[Float32s, Float32s], Prediction]:
    """The SavedModel's serving signature; Keras is not needed for it."""
    loaded = tensorflow.saved_model.load(str(saved_model))

    def answer(features: Float32s, sequence: Float32s) -> Prediction:
        given = loaded.signatures["serving_default"](
            features=tensorflow.constant(features), sequence=tensorflow.constant(sequence)
        )
        return Prediction(given["probabilities"].numpy(), given["members"].numpy())

    return answer
