import numpy as np
import pytest
from scipy.interpolate import interp1d

from pipelines.signals.heart.quadratic_spline import quadratic_splines


def joined(series: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    times, values = zip(*series, strict=True)
    return np.concatenate(times), np.concatenate(values), np.cumsum([0, *map(len, times)])


@pytest.mark.parametrize("seed", range(8))
def test_curves_of_many_lengths_are_those_of_scipy(seed: int) -> None:
    random = np.random.default_rng(seed)
    series = []
    for count in random.integers(4, 120, 6):
        since_ms = np.concatenate(([0], np.cumsum(random.integers(1, 1_500, count - 1))))
        series.append((random.integers(0, 60_000) + since_ms, random.normal(0, 50, count)))
    curve, ends = quadratic_splines(*joined(series), step_ms=250)
    for (time_ms, value), first, end in zip(series, ends, ends[1:], strict=False):
        at_s = (time_ms - time_ms[0]) / 1000
        grid_s = np.arange(0, at_s[-1] + 0.25, 0.25)
        expected = interp1d(at_s, value, kind="quadratic", bounds_error=False, fill_value=value[-1])(grid_s)
        np.testing.assert_allclose(curve[first:end], expected, rtol=1e-9, atol=1e-7)


def test_the_other_series_do_not_matter() -> None:
    one = np.array([0, 900, 1_800, 2_900]), np.array([1.0, 4.0, 2.0, 3.0])
    other = np.arange(0, 50_000, 700), np.cos(np.arange(72))
    alone, _ = quadratic_splines(*joined([one]), step_ms=250)
    beside, ends = quadratic_splines(*joined([other, one, other]), step_ms=250)
    np.testing.assert_array_equal(alone, beside[ends[1] : ends[2]])
