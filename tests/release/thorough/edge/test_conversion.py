"""What formats do to networks that have learnt something."""

import numpy as np
import pytest

from models.core.arrays import Float32s
from models.core.keras3 import keras
from models.edge.comparison import WINDOWS, windows_per_second
from models.edge.conversion import converted, one_window
from models.edge.device import Device
from models.members import build_network
from models.members.sizes import SMALL
from models.preprocessing.preparation import PREPARED_SHAPES

RNG = np.random.default_rng(5)


def learnt(rows: Float32s) -> keras.Model:
    """Tells which of three columns is the largest."""
    keras.utils.set_random_seed(5)
    model = build_network("personal", SMALL, labels=3)
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    model.fit(rows, rows[:, :3].argmax(axis=1), epochs=12, batch_size=64, verbose=0)
    return model


def test_int8_says_almost_always_the_same_as_the_network() -> None:
    rows = RNG.uniform(-1, 1, (1024, *PREPARED_SHAPES["ranks"])).astype(np.float32)
    model = learnt(rows)
    graph = one_window(lambda it: model(it["ranks"], training=False), {"ranks": rows.shape[1:]}, output="probabilities")
    files = {form: converted(graph, form, rows[:200]) for form in ("float32", "int8")}
    new = RNG.uniform(-1, 1, (300, *rows.shape[1:])).astype(np.float32)
    original = np.asarray(model(new, training=False))
    assert (original.argmax(axis=1) == new[:, :3].argmax(axis=1)).mean() > 0.8
    device = Device.of(files["int8"])
    answers = np.concatenate([device.one(ranks=row[None]) for row in new])
    assert (answers.argmax(axis=1) == original.argmax(axis=1)).mean() > 0.95
    assert 1e-4 < np.abs(answers - original).max() < 0.2
    assert len(files["int8"]) < len(files["float32"]) / 2


def test_int8_of_a_recurrent_network_keeps_weights_small() -> None:
    model = build_network("lstm", SMALL, labels=3)
    shapes = {"sequence": PREPARED_SHAPES["sequence"]}
    graph = one_window(lambda it: model(it["sequence"], training=False), shapes, output="probabilities")
    assert graph.loops
    rows = RNG.normal(size=(20, *shapes["sequence"])).astype(np.float32)
    files = {form: converted(graph, form) for form in ("float32", "int8")}
    device = Device.of(files["int8"])
    answers = np.concatenate([device.one(sequence=row[None]) for row in rows])
    np.testing.assert_allclose(answers, np.asarray(model(rows, training=False)), atol=0.02)
    assert len(files["int8"]) < 0.7 * len(files["float32"])


def test_int8_needs_examples() -> None:
    graph = one_window(lambda it: it["x"] * 2, {"x": (3,)}, output="y")
    with pytest.raises(ValueError, match="examples"):
        converted(graph, "int8")


@pytest.mark.parametrize("at_once", [1, 48, WINDOWS])
def test_speed_is_of_so_many_windows_at_once(at_once: int) -> None:
    calls = []
    speed = windows_per_second(
        lambda raw: calls.append(len(raw["features"])), {"features": np.zeros((5, 88))}, at_once=at_once
    )
    assert set(calls) == {at_once}
    assert sum(calls) == 4 * WINDOWS
    assert speed > 0
