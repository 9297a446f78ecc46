"""Transformer encoder over the per-second sequence (Vaswani et al. 2017, arXiv:1706.03762)."""

import numpy as np

from models.core.arrays import Float32s
from models.core.keras3 import keras
from models.members.sizes import TransformerSizes

layers = keras.layers


def positional_encoding(steps: int, d_model: int) -> Float32s:
    """Sine and cosine of the position at geometrically spaced wavelengths, (steps, d_model).

    >>> positional_encoding(2, 4)[0].tolist()
    [0.0, 1.0, 0.0, 1.0]
    """
    wavelength = 10_000 ** (2 * (np.arange(d_model) // 2) / d_model)
    angle = np.arange(steps)[:, None] / wavelength
    return np.where(np.arange(d_model) % 2, np.cos(angle), np.sin(angle)).astype(np.float32)


def _encoder_layer(x: keras.KerasTensor, sizes: TransformerSizes) -> keras.KerasTensor:
    normal = layers.LayerNormalization()(x)
    attention = layers.MultiHeadAttention(sizes.heads, sizes.d_model // sizes.heads, dropout=sizes.attention_dropout)
    attended, _ = attention(normal, normal, return_attention_scores=True)
    x = layers.Add()([x, attended])
    hidden = layers.Dense(sizes.feed_forward, activation="relu")(layers.LayerNormalization()(x))
    return layers.Add()([x, layers.Dense(sizes.d_model)(hidden)])


def build(sizes: TransformerSizes, *, shape: tuple[int, ...], labels: int) -> keras.Model:
    """Scaled sequence (n, seconds, channels) -> label probabilities (n, labels)."""
    inputs = keras.Input(shape)
    x = layers.Dense(sizes.d_model)(inputs) + positional_encoding(shape[0], sizes.d_model)
    for _ in range(sizes.layers):
        x = _encoder_layer(x, sizes)
    x = layers.GlobalAveragePooling1D()(layers.LayerNormalization()(x))
    x = layers.Dense(sizes.dense, activation="relu")(x)
    x = layers.Dropout(sizes.dropout)(x)
    return keras.Model(inputs, layers.Dense(labels, activation="softmax")(x), name="transformer")


def attention(built: keras.Model) -> keras.Model:
    """The same layers: scaled sequence -> how much each second is attended to (n, seconds).

    The mean over encoder layers, heads and queries.
    """
    scores = [layer.output[1] for layer in built.layers if isinstance(layer, layers.MultiHeadAttention)]
    return keras.Model(built.input, keras.ops.mean(keras.ops.stack(scores), axis=(0, 2, 3)))
