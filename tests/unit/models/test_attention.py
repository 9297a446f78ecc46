"""Networks whose weights are set by hand so that they attend to one second."""

import numpy as np
import pytest

from models.core.arrays import Float32s
from models.core.keras3 import keras
from models.members import bilstm_attention, build_network, transformer
from models.members.sizes import BiLstmAttentionSizes, MemberSizes, TransformerSizes
from models.preprocessing.preparation import PREPARED_SHAPES

SIZES = MemberSizes(
    bilstm_attention=BiLstmAttentionSizes(units=(8,), dense=2),
    transformer=TransformerSizes(layers=2, d_model=8, heads=2, feed_forward=2, dense=2),
)


def one_second(second: int) -> Float32s:
    """Nothing but one value in the first channel."""
    sequence = np.zeros((1, *PREPARED_SHAPES["sequence"]), dtype=np.float32)
    sequence[0, second, 0] = 50
    return sequence


def set_to(variable: keras.Variable, value: float, *place: int | slice) -> None:
    values = np.zeros(variable.shape, dtype=np.float32)
    values[place] = value
    variable.assign(values)


def memoryless(built: keras.Model) -> None:
    """Each second's output is large where its first channel is, whatever was before."""
    for variable in built.layers[1].trainable_variables:
        if "bias" in variable.path:
            gates = np.repeat([20.0, -20.0, 0.0, 20.0], 8)  # in, forget, candidate, out
            variable.assign(gates.astype(np.float32))
        else:
            set_to(variable, 1.0 if "recurrent" not in variable.path else 0.0, 0, slice(16, 24))


def asking_for_the_first_channel(built: keras.Model) -> None:
    """Every query is the same, and keys are large where the embedding of the first channel is."""
    embedding = next(layer for layer in built.layers if isinstance(layer, keras.layers.Dense))
    set_to(embedding.kernel, 1.0, 0, 0)
    for layer in built.layers:
        if isinstance(layer, keras.layers.MultiHeadAttention):
            for variable in layer.variables:
                if "query" in variable.path:
                    set_to(variable, 1.0) if "bias" in variable.path else set_to(variable, 0.0)
                elif "key" in variable.path:
                    set_to(variable, 3.0, 0) if "kernel" in variable.path else set_to(variable, 0.0)


@pytest.mark.parametrize("second", [0, 23, 59])
@pytest.mark.parametrize(
    ("name", "planted", "attention"),
    [
        ("bilstm_attention", memoryless, bilstm_attention.attention),
        ("transformer", asking_for_the_first_channel, transformer.attention),
    ],
)
def test_attention_points_to_the_second_that_the_network_asks_for(
    name: str, planted: object, attention: object, second: int
) -> None:
    built = build_network(name, SIZES, labels=3)
    planted(built)  # type: ignore[operator]
    attended = np.asarray(attention(built)(one_second(second)))[0]  # type: ignore[operator]
    assert attended.sum() == pytest.approx(1, abs=1e-5)
    assert attended.argmax() == second
    assert attended[second] > 1.5 / len(attended)
