import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.preprocessing.quantiles import STEPS, fit_quantiles, ranked_array

GRID = np.linspace(0, 1, STEPS + 1)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(2, 400), scale=st.sampled_from([1e-6, 1.0, 1e6]))
def test_ranks_are_those_of_interpolated_quantiles(seed: int, n: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    training = (rng.normal(size=(n, 3)) * scale).astype(np.float32)
    training[:, 2] = np.round(training[:, 2] / scale)
    asked = (rng.normal(size=(50, 3)) * 1.5 * scale).astype(np.float32)
    given_ = ranked_array(asked, fit_quantiles(training))
    for column in range(3):
        knots, first = np.unique(np.quantile(training[:, column], GRID).astype(np.float32), return_index=True)
        if len(knots) > 1:
            expected = np.interp(asked[:, column], knots, first / first.max()) * 2 - 1
            np.testing.assert_allclose(given_[:, column], expected, atol=2e-4)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_missing_and_missing_is_the_middle(odd: float) -> None:
    quantiles = fit_quantiles(np.array([[1.0], [3.0], [odd]], dtype=np.float32))
    assert ranked_array([[1.0], [3.0], [odd]], quantiles).tolist() == [[-1], [1], [0]]


@pytest.mark.parametrize("training", [[np.nan, np.nan], [5.0, 5.0], [5.0, np.nan]])
def test_a_column_that_never_differed_says_nothing(training: list[float]) -> None:
    quantiles = fit_quantiles(np.array(training, dtype=np.float32)[:, None])
    assert ranked_array([[5.0], [7.0], [-3e38]], quantiles).tolist() == [[0], [0], [0]]


def test_values_beyond_training_are_its_ends() -> None:
    quantiles = fit_quantiles(np.arange(100, dtype=np.float32)[:, None])
    assert ranked_array([[-3e38], [3e38]], quantiles).tolist() == [[-1], [1]]
