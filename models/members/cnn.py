"""1D convolutional network over the per-second sequence."""

from models.core.keras3 import keras
from models.members.sizes import NORM_MOMENTUM, CnnSizes

layers = keras.layers


def build(sizes: CnnSizes, *, shape: tuple[int, ...], labels: int) -> keras.Model:
    """Scaled sequence (n, seconds, channels) -> label probabilities (n, labels)."""
    inputs = x = keras.Input(shape)
    for block, filters in enumerate(sizes.filters):
        if block:
            x = layers.MaxPooling1D(2)(x)
        x = layers.Conv1D(filters, sizes.kernel_s, activation="relu")(x)
        x = layers.BatchNormalization(momentum=NORM_MOMENTUM)(x)
    x = layers.GlobalAveragePooling1D()(x)
    x = layers.Dense(sizes.dense, activation="relu")(x)
    x = layers.Dropout(sizes.dropout)(x)
    return keras.Model(inputs, layers.Dense(labels, activation="softmax")(x), name="cnn")
