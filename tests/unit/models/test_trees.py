"""The trees inside the network answer as scikit-learn's do."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.core.errors import TrainingError
from models.members import trees
from models.members.forest import Grown, TreesConfig, forest_of, grow

COLUMNS = 6


def grown(labels: int, seed: int = 0, *, leaves: int = 7) -> tuple[Grown, np.ndarray]:
    """Trees on values of which a fifth is missing, in columns of which one never differs and one is all missing."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(400, COLUMNS)).astype(np.float32)
    label = (np.argsort(np.argsort(values[:, 0] + values[:, 1])) * labels // len(values)).astype(np.int64)
    values[rng.random(values.shape) < 0.2] = np.nan
    values[:, 2], values[:, 4] = 1, np.nan
    config = TreesConfig(iterations=5, leaves=leaves, least_leaf=3, learning_rate=0.3)
    return grow(values, label, np.ones(len(label)), config, seed=seed), values


def both(fitted: Grown, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    network = trees.build(forest_of(fitted), shape=(COLUMNS,))
    return np.asarray(network(values)), fitted.probabilities(values)


@settings(max_examples=8, deadline=None)
@given(labels=st.integers(2, 7), seed=st.integers(0, 1000), missing=st.sampled_from([0.0, 0.3, 1.0]))
def test_any_rows_get_scikit_learns_answer(labels: int, seed: int, missing: float) -> None:
    fitted, _ = grown(labels, seed, leaves=3 + seed % 20)
    rng = np.random.default_rng(seed + 1)
    values = (rng.normal(size=(60, COLUMNS)) * 3).astype(np.float32)
    values[rng.random(values.shape) < missing] = np.nan
    network, scikit_learn = both(fitted, values)
    assert network.shape == (60, labels)
    np.testing.assert_allclose(network, scikit_learn, atol=1e-6, rtol=0)


@pytest.mark.parametrize("labels", [2, 3])
def test_values_at_a_threshold_go_the_same_way(labels: int) -> None:
    fitted, values = grown(labels)
    forest = forest_of(fitted)
    real = np.isfinite(forest.threshold)
    rows = np.repeat(values[:1], 3 * real.sum(), axis=0)
    for row, (column, at) in enumerate(zip(forest.column[real], forest.threshold[real], strict=True)):
        rows[3 * row : 3 * row + 3, column] = np.nextafter(at, np.float32(-np.inf)), at, np.nextafter(at, np.float32(9))
    network, scikit_learn = both(fitted, rows)
    np.testing.assert_allclose(network, scikit_learn, atol=1e-6, rtol=0)


def test_neighbouring_float32_values_are_told_apart() -> None:
    """The threshold between them is no float32, and would be rounded to the upper one."""
    low = np.nextafter(np.float32(1), np.float32(2))
    values = np.repeat(np.array([low, np.nextafter(low, np.float32(2))]), 50)[:, None]
    label = np.arange(100) // 50
    fitted = grow(values, label, np.ones(100), TreesConfig(iterations=3, least_leaf=3, learning_rate=0.5), seed=0)
    network = np.asarray(trees.build(forest_of(fitted), shape=(1,))(values))
    np.testing.assert_array_equal(network.argmax(axis=1), label)
    np.testing.assert_allclose(network, fitted.probabilities(values), atol=1e-6, rtol=0)


def test_the_same_seed_grows_the_same_trees() -> None:
    one, other = (forest_of(grown(3, seed=4)[0]) for _ in range(2))
    for name, array in vars(one).items():
        np.testing.assert_array_equal(array, getattr(other, name))


def test_nothing_that_differs_is_no_ground_for_trees() -> None:
    values = np.tile(np.array([[1.0, np.nan]], dtype=np.float32), (50, 1))
    with pytest.raises(TrainingError, match="no feature differs"):
        grow(values, np.arange(50) % 2, np.ones(50), TreesConfig(), seed=0)
