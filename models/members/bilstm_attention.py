"""Bidirectional LSTM whose outputs attend to each other (dot product, Luong et al. 2015, arXiv:1508.04025)."""

from models.core.keras3 import keras
from models.members.sizes import BiLstmAttentionSizes

layers = keras.layers


def build(sizes: BiLstmAttentionSizes, *, shape: tuple[int, ...], labels: int) -> keras.Model:
    """Scaled sequence (n, seconds, channels) -> label probabilities (n, labels)."""
    inputs = x = keras.Input(shape)
    for units in sizes.units:
        x = layers.Bidirectional(layers.LSTM(units, return_sequences=True))(x)
    x, _ = layers.Attention()([x, x], return_attention_scores=True)
    x = layers.GlobalAveragePooling1D()(x)
    x = layers.Dense(sizes.dense, activation="relu")(x)
    x = layers.Dropout(sizes.dropout)(x)
    return keras.Model(inputs, layers.Dense(labels, activation="softmax")(x), name="bilstm_attention")


def attention(built: keras.Model) -> keras.Model:
    """The same layers: scaled sequence -> how much each second is attended to (n, seconds), mean over all queries."""
    scores = next(layer.output[1] for layer in built.layers if isinstance(layer, layers.Attention))
    return keras.Model(built.input, keras.ops.mean(scores, axis=1))
