import numpy as np
import pytest

from models.preprocessing.scaling import LIMIT, fit_scaling, scaled_array


def test_missing_is_told_from_average() -> None:
    values = np.array([[1.0], [3.0], [np.nan]], dtype=np.float32)
    assert scaled_array(values, fit_scaling(values)).tolist() == [[-1, 1], [1, 1], [0, 0]]


def test_a_column_never_seen_in_training_is_missing_for_ever() -> None:
    scaling = fit_scaling(np.array([[np.nan, 1.0], [np.nan, 2.0]], dtype=np.float32))
    assert scaled_array([[97.0, 1.5]], scaling).tolist() == [[0, 0, 0, 1]]


@pytest.mark.parametrize("odd", [np.inf, -np.inf, np.nan])
def test_what_is_not_finite_counts_as_missing(odd: float) -> None:
    scaling = fit_scaling(np.array([[1.0], [3.0], [odd]], dtype=np.float32))
    assert scaling.mean == 2
    assert scaled_array([[odd]], scaling).tolist() == [[0, 0]]


def test_a_constant_column_is_only_centred() -> None:
    scaling = fit_scaling(np.full((5, 1), 33.3, dtype=np.float32))
    assert scaled_array([[33.3], [34.3]], scaling)[:, 0] == pytest.approx([0, 1], abs=1e-5)


def test_wild_values_are_clipped() -> None:
    scaling = fit_scaling(np.array([[0.0], [1.0]], dtype=np.float32))
    assert scaled_array([[1e30]], scaling).tolist() == [[LIMIT, 1]]


def test_statistics_are_those_of_what_is_present() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(900, 50, size=(40, 60, 3)).astype(np.float32)
    values[rng.random(values.shape) < 0.3] = np.nan
    scaling = fit_scaling(values)
    assert scaling.mean == pytest.approx(np.nanmean(values, axis=(0, 1), dtype=float), rel=1e-5)
    assert scaling.std == pytest.approx(np.nanstd(values, axis=(0, 1), dtype=float), rel=1e-5)
