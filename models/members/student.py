"""The student: one small dense network that stands in for the whole ensemble."""

from typing import Final

import numpy as np

from models.core.keras3 import keras
from models.members.sizes import StudentSizes

layers = keras.layers

MIDDLE: Final = np.float32(1e-3)
"""Far above what ranks are rounded by, so that rounding never makes a value come and go."""


def build(sizes: StudentSizes, *, shape: tuple[int, ...], labels: int) -> keras.Model:
    """Ranks from -1 to 1, 0 for missing (n, 2 * features) -> label probabilities (n, labels).

    It also tells which features are missing, as the trees among its teachers do: their rank is 0, which but for a value
    right in the middle of training's no other is.
    """
    inputs = keras.Input(shape)
    present = keras.ops.abs(inputs[:, : shape[0] // 2]) > MIDDLE
    x = layers.Concatenate()([inputs, keras.ops.cast(present, "float32")])
    for units in sizes.units:
        x = layers.Dense(units, activation="relu")(x)
        x = layers.Dropout(sizes.dropout)(x)
    return keras.Model(inputs, layers.Dense(labels, activation="softmax")(x), name="student")
