"""Stacked LSTM over the per-second sequence."""

from models.core.keras3 import keras
from models.members.sizes import NORM_MOMENTUM, LstmSizes

layers = keras.layers


def build(sizes: LstmSizes, *, shape: tuple[int, ...], labels: int) -> keras.Model:
    """Scaled sequence (n, seconds, channels) -> label probabilities (n, labels)."""
    inputs = x = keras.Input(shape)
    for depth, units in enumerate(sizes.units, start=1):
        x = layers.LSTM(units, return_sequences=depth < len(sizes.units))(x)
        x = layers.Dropout(sizes.recurrent_dropout)(x)
    x = layers.Dense(sizes.dense, activation="relu")(x)
    x = layers.BatchNormalization(momentum=NORM_MOMENTUM)(x)
    x = layers.Dropout(sizes.dropout)(x)
    return keras.Model(inputs, layers.Dense(labels, activation="softmax")(x), name="lstm")
