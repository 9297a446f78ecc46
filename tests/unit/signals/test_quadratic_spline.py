import numpy as np
import pytest
from scipy.interpolate import interp1d

from pipelines.signals.heart.quadratic_spline import quadratic_spline


@pytest.mark.parametrize("seed", range(8))
def test_curves_of_many_lengths_are_those_of_scipy(seed: int) -> None:
    random = np.random.default_rng(seed)
    counts = random.integers(4, 120, 6)
    time_ms, value = np.full((6, 120), -1), np.full((6, 120), np.nan)
    for row, count in enumerate(counts):
        time_ms[row, :count] = np.concatenate(([0], np.cumsum(random.integers(1, 1_500, count - 1))))
        value[row, :count] = random.normal(0, 50, count)
    found = quadratic_spline(time_ms, value, counts, step_ms=250)
    for row, count in enumerate(counts):
        times, values = time_ms[row, :count] / 1000, value[row, :count]
        grid = np.arange(0, found.shape[1]) / 4
        expected = interp1d(times, values, kind="quadratic", bounds_error=False, fill_value=values[-1])(grid)
        np.testing.assert_allclose(found[row], expected, rtol=1e-9, atol=1e-7)


def test_padding_does_not_matter() -> None:
    time_ms, value = np.array([[0, 900, 1_800, 2_900]]), np.array([[1.0, 4.0, 2.0, 3.0]])
    padded = quadratic_spline(
        np.pad(time_ms, ((0, 0), (0, 3))), np.pad(value, ((0, 0), (0, 3))), np.array([4]), step_ms=250
    )
    np.testing.assert_array_equal(padded, quadratic_spline(time_ms, value, np.array([4]), step_ms=250))
