import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.core.errors import TrainingError
from models.core.keras3 import keras
from models.distillation.student_fitting import (
    Lesson,
    MagnitudePruning,
    Schooling,
    kept,
    prunable,
    school,
    sparsity_at,
    sparsity_of,
)
from models.members import student
from models.members.sizes import StudentSizes

SCHOOLING = Schooling(epochs=2, batch_size=16, sparsity=0.8, pruning_epochs=4)


@given(steps=st.integers(1, 500), final=st.floats(0, 0.99))
def test_sparsity_only_rises_and_stays_at_its_end(steps: int, final: float) -> None:
    shares = [sparsity_at(step, steps=steps, final=final) for step in range(steps + 10)]
    assert shares[0] == 0
    assert all(a <= b for a, b in itertools.pairwise(shares))
    assert shares[steps:] == [final] * 10


@given(rows=st.integers(1, 9), columns=st.integers(1, 9), sparsity=st.floats(0, 1), seed=st.integers(0, 99))
def test_the_smallest_weights_go_and_no_more_than_asked(rows: int, columns: int, sparsity: float, seed: int) -> None:
    weights = np.random.default_rng(seed).normal(size=(rows, columns)).round(1)
    stay = kept(weights, sparsity)
    assert (~stay).sum() == round(sparsity * weights.size)
    assert np.abs(weights[~stay]).max(initial=0) <= np.abs(weights[stay]).min(initial=np.inf)


def lesson(rows: int = 64) -> Lesson:
    rng = np.random.default_rng(1)
    inputs = rng.normal(size=(rows, 12)).astype(np.float32)
    hot = np.eye(3, dtype=np.float32)[inputs[:, :3].argmax(axis=1)]
    return Lesson(inputs, hot, inputs[:8], hot[:8])


def schooled(schooling: Schooling) -> keras.Model:
    keras.utils.set_random_seed(5)
    model = student.build(StudentSizes(units=(10, 5), dropout=0.1), shape=(12,), labels=3)
    school(model, lesson(), schooling, lambda step: None)
    return model


def test_a_pruned_network_has_so_many_zeros_and_still_learns_the_rest() -> None:
    model = schooled(SCHOOLING)
    kernels = [np.asarray(kernel) for kernel in prunable(model)]
    assert [kernel.shape for kernel in kernels] == [(18, 10), (10, 5)]
    assert [int((kernel == 0).sum()) for kernel in kernels] == [144, 40]
    assert sparsity_of(model) == 0.8
    assert (np.asarray(model.layers[-1].kernel) != 0).all()
    assert sparsity_of(schooled(replace(SCHOOLING, sparsity=0.0))) == 0


def test_weights_stay_at_zero_in_every_step() -> None:
    model = schooled(replace(SCHOOLING, sparsity=0.0))
    found: list[float] = []
    model.compile("adam", "categorical_crossentropy", jit_compile=False)
    look = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: found.append(sparsity_of(model)))
    given_ = lesson()
    model.fit(
        given_.inputs,
        given_.targets,
        batch_size=16,
        epochs=3,
        verbose=0,
        callbacks=[MagnitudePruning(0.6, steps=8), look],
    )
    expected = [sparsity_at(step, steps=8, final=0.6) for step in range(1, 13)]
    assert found == pytest.approx(expected, abs=1 / 170)


@pytest.mark.parametrize("sparsity", [-0.1, 1.0, np.nan])
def test_a_sparsity_that_cannot_be_is_named(sparsity: float) -> None:
    with pytest.raises(TrainingError, match="sparsity must be in"):
        Schooling(sparsity=sparsity)
