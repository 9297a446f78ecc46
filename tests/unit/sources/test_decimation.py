import numpy as np
import pytest

from pipelines.sources.decimation import decimated


def slow_decimated(values: np.ndarray, factor: int) -> np.ndarray:
    """The docstring's formula, written out with loops."""
    half = 10 * factor
    n = np.arange(-half, half + 1)
    taps = np.sinc(n / factor) * (0.54 + 0.46 * np.cos(np.pi * n / half))
    taps /= taps.sum()
    out = []
    for k in range(0, len(values), factor):
        inside = [values[min(max(k + half - j, 0), len(values) - 1)] for j in range(len(taps))]
        out.append(sum(tap * value for tap, value in zip(taps, inside, strict=True)))
    return np.array(out)


@pytest.mark.parametrize("size", [1, 3, 79, 400, 401])
def test_equals_the_written_out_filter(size: int) -> None:
    values = np.random.default_rng(size).normal(0, 1, size)
    slow, rate_hz = decimated(values[:, None], 32.0)
    assert rate_hz == 8.0
    np.testing.assert_allclose(slow[:, 0], slow_decimated(values, 4), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("hz", "gain"), [(0.5, 1.0), (3.0, 1.0), (4.0, 0.5), (5.5, 0.0), (12.0, 0.0)])
def test_passes_what_the_new_rate_can_carry_and_stops_the_rest(hz: float, gain: float) -> None:
    seconds = np.arange(0, 60, 1 / 32)
    slow, _ = decimated(np.cos(2 * np.pi * hz * seconds)[:, None], 32.0)
    middle = slow[80:-80, 0]
    assert np.abs(middle).max() == pytest.approx(gain, abs=0.01)


def test_motion_is_not_delayed() -> None:
    step = np.repeat([0.0, 1.0], 160)[:, None]
    slow, _ = decimated(step, 32.0)
    assert np.argmin(np.abs(slow[:, 0] - 0.5)) in (39, 40)


@pytest.mark.parametrize(("rate_hz", "expected"), [(10.0, 10.0), (4.0, 4.0), (50.0, 10.0), (64.0, 64 / 7)])
def test_never_above_ten_hertz(rate_hz: float, expected: float) -> None:
    slow, new_hz = decimated(np.ones((100, 3)), rate_hz)
    assert new_hz == pytest.approx(expected)
    assert len(slow) == int(np.ceil(100 * new_hz / rate_hz))


def test_nothing_stays_nothing() -> None:
    assert decimated(np.empty((0, 3)), 32.0)[0].shape == (0, 3)
