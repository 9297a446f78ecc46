"""Bidirectional LSTM whose outputs attend to each other (dot product, Luong et al. 2015, arXiv:1508.04025)."""

from models.keras3 import keras
from models.members.sizes import BiLstmAttentionSizes

layers = keras.layers


def build(sizes: BiLstmAttentionSizes, *, shape: tuple[int, ...], labels: int) -> keras.Model:
    """Scaled sequence (n, seconds, channels) -> label probabilities (n, labels)."""
    inputs = x = keras.Input(shape)
    for units in sizes.units:
        x = layers.Bidirectional(layers.LSTM(units, return_sequences=True))(x)
    x = layers.Attention()([x, x])
    x = layers.GlobalAveragePooling1D()(x)
    x = layers.Dense(sizes.dense, activation="relu")(x)
    x = layers.Dropout(sizes.dropout)(x)
    return keras.Model(inputs, layers.Dense(labels, activation="softmax")(x), name="bilstm_attention")
