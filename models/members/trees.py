"""Gradient-boosted trees as a network: the same answers as scikit-learn's, without scikit-learn."""

from dataclasses import fields
from typing import Any

from numpy.typing import NDArray

from models.core.keras3 import keras
from models.members.forest import BoostedTrees

layers = keras.layers
ops = keras.ops


class Trees(layers.Layer):  # type: ignore[misc, name-defined]
    """Walks all trees at once, a level at a time: values (n, columns), NaN for missing -> probabilities (n, labels)."""

    def __init__(self, forest: BoostedTrees) -> None:
        super().__init__(trainable=False)
        self._depth = forest.depth
        for field in fields(forest):
            if field.name != "depth":
                setattr(self, f"_{field.name}", self._constant(getattr(forest, field.name)))

    def _constant(self, array: NDArray[Any]) -> keras.Variable:
        return self.add_weight(
            shape=array.shape, dtype=array.dtype.name, initializer=lambda *_, **__: array, trainable=False
        )

    def call(self, values: keras.KerasTensor) -> keras.KerasTensor:
        columns = values.shape[1]
        flat = ops.reshape(values, (-1,))
        first = ops.arange(0, ops.shape(values)[0] * columns, columns, dtype="int32")[:, None]
        node = ops.zeros_like(first) + ops.reshape(self._roots, (1, -1))
        for _ in range(self._depth):
            value = ops.take(flat, first + ops.take(self._column, node))
            missing = ops.isnan(value)
            left = ops.where(missing, ops.take(self._missing_left, node), value <= ops.take(self._threshold, node))
            node = ops.where(left, ops.take(self._left, node), ops.take(self._right, node))
        return self._probabilities(ops.take(self._value, node))

    def _probabilities(self, leaves: keras.KerasTensor) -> keras.KerasTensor:
        scores = ops.sum(ops.reshape(leaves, (-1, *self._roots.shape)), axis=1) + self._start
        if self._roots.shape[1] == 1:
            scores = ops.concatenate([ops.zeros_like(scores), scores], axis=-1)
        return ops.cast(ops.softmax(scores), "float32")


def build(forest: BoostedTrees, *, shape: tuple[int, ...]) -> keras.Model:
    """Raw values -> label probabilities (n, labels)."""
    inputs = keras.Input(shape)
    return keras.Model(inputs, Trees(forest)(inputs), name="trees")
