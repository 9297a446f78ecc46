"""The one way to apply a bundle: stream, batch and server alike. Imports TensorFlow only when a bundle is loaded."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import ArrayLike

from models.bundle.folder import SAVED_MODEL
from models.bundle.loading import OpenedModel
from models.core.arrays import Float32s
from models.core.errors import BundleError
from models.core.inputs import FEATURE_SHAPE, RAW_SHAPES, SEQUENCE_SHAPE
from models.core.manifest import Manifest
from models.core.prediction import Prediction

GRANULE: Final = 24
"""Rows are padded to a multiple of this. A matrix product works on 24 rows or columns at a time and rounds what is
left over otherwise: so a row's answer is the same to the last bit wherever it stands and whatever stands beside it.
After a restore windows come in other batches, and events must not differ for that. Why 24, and which other sizes were
tried: docs/decisions/0009-what-goes-on-over-a-failure.md."""

CHUNK: Final = 6 * GRANULE
"""Most rows that the network is given at once: more no longer fit the processor's cache, fewer cost more calls."""


Raw = Mapping[str, Float32s]
"""`features`, `baseline` and `sequence` by name."""


@dataclass(frozen=True)
class Predictor:
    """A loaded bundle: its manifest, and its network as a function of arrays."""

    manifest: Manifest
    answer: Callable[[Raw], Prediction]

    @classmethod
    def load(cls, path: Path | str, threads: int = 1) -> Self:
        """Verifies and loads a bundle and lets it answer once, so that the first real answer is not slower.

        TensorFlow gets `threads` threads unless it already ran in this process. Raises BundleError.
        """
        opened = OpenedModel.load(path, SAVED_MODEL, threads)
        with opened.usable():
            predictor = cls(opened.manifest, _network(opened))
            nothing = predictor.predict(np.full((1, *FEATURE_SHAPE), np.nan), np.full((1, *SEQUENCE_SHAPE), np.nan))
        if not np.isfinite(nothing.probabilities).all():
            raise BundleError(f"bundle {path}: its network gives no finite probabilities; train it again")
        return predictor

    @property
    def labels(self) -> tuple[str, ...]:
        """Names in the order of probabilities."""
        return self.manifest.labels

    def predict(self, features: ArrayLike, sequence: ArrayLike, baseline: ArrayLike | None = None) -> Prediction:
        """Raw features (n, F), sequence (n, seconds, channels), resting means (n, F) -> n answers, float32.

        NaN is missing; no baseline at all: nobody's is known. An answer does not depend on the other rows. Raises
        ValueError for other shapes.
        """
        n = len(np.asarray(features))
        known = np.full((n, *FEATURE_SHAPE), np.nan) if baseline is None else baseline
        given = {"features": features, "baseline": known, "sequence": sequence}
        raw = {name: np.asarray(values, dtype=np.float32) for name, values in given.items()}
        for name, shape in RAW_SHAPES.items():
            if raw[name].shape != (n, *shape):
                raise ValueError(f"predict: {name} shape is {raw[name].shape}, must be {(n, *shape)}")
        starts = range(0, max(n, 1), CHUNK)
        parts = [self._chunk({name: rows[at : at + CHUNK] for name, rows in raw.items()}) for at in starts]
        return Prediction(
            np.concatenate([part.probabilities for part in parts]), np.concatenate([part.members for part in parts])
        )

    def _chunk(self, raw: Raw) -> Prediction:
        """Answers for at most `CHUNK` rows."""
        n = len(raw["features"])
        padded = self.answer({name: _padded(rows) for name, rows in raw.items()})
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


def _network(opened: OpenedModel) -> Callable[[Raw], Prediction]:
    """The SavedModel's serving signature; Keras is not needed for it."""

    def answer(raw: Raw) -> Prediction:
        tensors = {name: opened.tensorflow.constant(rows) for name, rows in raw.items()}
        given = opened.saved.signatures["serving_default"](**tensors)
        return Prediction(given["probabilities"].numpy(), given["members"].numpy())

    return answer
