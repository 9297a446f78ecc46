import numpy as np
import pytest

from models.ensemble.calibration import MOST_BIAS, TEMPERATURES, Calibration, fit_calibration


def applied(probabilities: np.ndarray, calibration: Calibration) -> np.ndarray:
    return np.asarray(calibration(probabilities))


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
@pytest.mark.parametrize("bias", [(0.0, 0.0, 0.0), (0.5, -0.3, -0.2)])
def test_a_known_calibration_is_found_again(temperature: float, bias: tuple[float, ...]) -> None:
    rng = np.random.default_rng(0)
    honest = rng.dirichlet(np.ones(3), size=20_000)
    label = (honest.cumsum(axis=1) < rng.random((20_000, 1))).sum(axis=1)
    spoilt = (honest * np.exp(-np.array(bias))) ** temperature
    spoilt /= spoilt.sum(axis=1, keepdims=True)
    found = fit_calibration(spoilt, label, np.ones(20_000))
    assert found.temperature == pytest.approx(temperature, rel=0.05)
    assert found.bias == pytest.approx(bias, abs=0.05)
    np.testing.assert_allclose(applied(spoilt, found), honest, atol=0.04)


def test_without_bias_order_stays_and_rows_sum_to_one() -> None:
    probabilities = np.random.default_rng(1).dirichlet(np.ones(7), size=100)
    cooled = applied(probabilities, Calibration(0.3, (0.0,) * 7))
    assert (cooled.argsort() == probabilities.argsort()).all()
    assert cooled.sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize("label", [[0, 1, 2], [1, 2, 0]])
def test_certain_and_always_right_or_wrong_stays_within_bounds(label: list[int]) -> None:
    found = fit_calibration(np.eye(3), np.array(label), np.full(3, 1e6))
    assert TEMPERATURES[0] <= found.temperature <= TEMPERATURES[1]
    assert np.abs(found.bias).max() <= MOST_BIAS


def test_a_few_minutes_move_it_little() -> None:
    wrong, label = np.tile([0.9, 0.1], (50, 1)), (np.arange(50) > 5).astype(int)
    few, many = (fit_calibration(wrong, label, np.full(50, each)) for each in (0.01, 100.0))
    for small, large in ((np.log(few.temperature), np.log(many.temperature)), (few.bias[1], many.bias[1])):
        assert abs(small) < 0.2 < abs(large)


def test_a_label_that_nobody_shows_gets_no_bias() -> None:
    probabilities = np.random.default_rng(2).dirichlet(np.ones(3), size=200)
    assert fit_calibration(probabilities, np.arange(200) % 2, np.ones(200)).bias[2] == 0
