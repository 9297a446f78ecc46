"""Feature-fusion network: a branch per signal family, joined."""

from models.core.inputs import family_columns
from models.core.keras3 import keras
from models.members.sizes import FusionSizes

layers = keras.layers


def build(sizes: FusionSizes, *, shape: tuple[int, ...], labels: int) -> keras.Model:
    """Scaled features and their presence (n, 2 * features) -> label probabilities (n, labels)."""
    inputs = keras.Input(shape)
    half = shape[0] // 2
    branches = []
    for columns in family_columns().values():
        family = keras.ops.take(inputs, [*columns, *(half + column for column in columns)], axis=-1)
        branches.append(layers.Dense(sizes.branch, activation="relu")(family))
    x = layers.Concatenate()(branches)
    for units, dropout in zip(sizes.fusion, sizes.dropout, strict=True):
        x = layers.Dense(units, activation="relu")(x)
        x = layers.Dropout(dropout)(x)
    return keras.Model(inputs, layers.Dense(labels, activation="softmax")(x), name="fusion")
