"""Dense network on ranks of features and of their distance from the person's own rest."""

from models.core.keras3 import keras
from models.members.sizes import PersonalSizes

layers = keras.layers


def build(sizes: PersonalSizes, *, shape: tuple[int, ...], labels: int) -> keras.Model:
    """Ranks from -1 to 1, 0 for missing (n, 2 * features) -> label probabilities (n, labels)."""
    inputs = keras.Input(shape)
    x = layers.GaussianNoise(sizes.noise)(inputs)
    x = layers.Dropout(sizes.input_dropout)(x)
    for layer, (units, dropout) in enumerate(zip(sizes.units, sizes.dropout, strict=True)):
        decay = keras.regularizers.L2(sizes.l2) if layer == 0 else None
        x = layers.Dense(units, activation="relu", kernel_regularizer=decay)(x)
        x = layers.Dropout(dropout)(x)
    return keras.Model(inputs, layers.Dense(labels, activation="softmax")(x), name="personal")
