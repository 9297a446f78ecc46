"""What networks are given of raw rows, as tf.transform's preprocessing function.

All that it measures (means, deviations, which columns occur) it measures where it is analysed: on training rows. Its
graph then does the same with any row, also in a TensorFlow that has no tf.transform.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from models.preprocessing.transform_runtime import tf, tft

LIMIT: Final = 8.0
"""As in `scaling`, which is not imported for it, because it imports Keras."""

LEAST_SPREAD: Final = 0.1
"""Of training's standard deviation: a person's own counts as no less, else a still one's least move would be huge."""


@dataclass(frozen=True)
class Preprocessing:
    """Batches of raw tensors, NaN for missing, to what networks read; the fields of a tf.transform pipeline.

    `features` (n, 88), `baseline_mean` and `baseline_std` alike, `sequence` (n, 60, 6), `label` (n,) names ->
    `features` (n, 176): standardised and clipped, 0 where missing, then presence as 1 or 0;
    `relative` (n, 176): features against the person's own level at rest, in the same form; missing without a baseline;
    `sequence` (n, 60, 12): as the features, by channel;
    `label` (n,): the place in `labels`, -1 for any other name.
    """

    labels: tuple[str, ...]

    def __call__(self, raw: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        features = _Measured.of(raw["features"], "features")
        channels = raw["sequence"]
        rows = tf.reshape(channels, (-1, channels.shape[-1]))
        return {
            "features": features.standardised(raw["features"]),
            "relative": features.relative(raw["features"], raw["baseline_mean"], raw["baseline_std"]),
            "sequence": _Measured.of(rows, "sequence").standardised(channels),
            "label": _places(raw["label"], self.labels),
        }


@dataclass(frozen=True)
class _Measured:
    """Mean and standard deviation of a last axis' columns, and whether they occur at all; as in `Scaling`."""

    mean: tf.Tensor
    std: tf.Tensor
    seen: tf.Tensor

    @classmethod
    def of(cls, values: tf.Tensor, name: str) -> Self:
        """Analyses (n, columns) in one pass, in double precision; what is not finite does not count."""
        present = tf.math.is_finite(values)
        wide = tf.where(present, tf.cast(values, tf.float64), 0)
        count = _total(tf.cast(present, tf.float64), f"{name}_count")
        mean = _total(wide, f"{name}_sum") / tf.maximum(count, 1)
        mean_square = _total(tf.square(wide), f"{name}_squares") / tf.maximum(count, 1)
        std = tf.sqrt(tf.maximum(mean_square - tf.square(mean), 0))
        constant = std <= 1e-6 * tf.maximum(tf.abs(mean), 1)
        spread = tf.where(constant, tf.ones_like(std), std)
        return cls(tf.cast(mean, tf.float32), tf.cast(spread, tf.float32), count > 0)

    def standardised(self, raw: tf.Tensor) -> tf.Tensor:
        """(…, columns) -> (…, 2 columns)."""
        return _masked(raw, self.mean, self.std, tf.math.is_finite(raw) & self.seen)

    def relative(self, raw: tf.Tensor, mean: tf.Tensor, std: tf.Tensor) -> tf.Tensor:
        """(n, columns) and a person's own statistics of them -> (n, 2 columns)."""
        known = tf.math.is_finite(raw) & tf.math.is_finite(mean) & tf.math.is_finite(std) & self.seen
        return _masked(raw, mean, tf.maximum(std, LEAST_SPREAD * self.std), known)


def _total(values: tf.Tensor, name: str) -> tf.Tensor:
    """By column, over all rows analysed."""
    return tft.sum(values, reduce_instance_dims=False, name=name)


def _masked(raw: tf.Tensor, mean: tf.Tensor, std: tf.Tensor, present: tf.Tensor) -> tf.Tensor:
    distance = tf.where(present, (raw - mean) / std, tf.zeros_like(raw))
    return tf.concat([tf.clip_by_value(distance, -LIMIT, LIMIT), tf.cast(present, tf.float32)], axis=-1)


def _places(names: tf.Tensor, labels: tuple[str, ...]) -> tf.Tensor:
    same = tf.equal(names[:, None], tf.constant(labels))
    place = tf.argmax(tf.cast(same, tf.int64), axis=-1, output_type=tf.int64)
    return tf.where(tf.reduce_any(same, axis=-1), place, tf.constant(-1, tf.int64))
