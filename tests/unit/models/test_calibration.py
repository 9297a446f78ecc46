import numpy as np
import pytest

from models.calibration import BOUNDS, fit_temperature, tempered


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_a_known_temperature_is_found_again(temperature: float) -> None:
    rng = np.random.default_rng(0)
    honest = rng.dirichlet(np.ones(3), size=20_000)
    label = (honest.cumsum(axis=1) < rng.random((20_000, 1))).sum(axis=1)
    assert fit_temperature(tempered(honest, 1 / temperature), label) == pytest.approx(temperature, rel=0.05)


def test_order_stays_and_rows_sum_to_one() -> None:
    probabilities = np.random.default_rng(1).dirichlet(np.ones(7), size=100)
    cooled = tempered(probabilities, 0.3)
    assert (cooled.argsort() == probabilities.argsort()).all()
    assert cooled.sum(axis=1) == pytest.approx(1)


def test_certain_and_always_right_stays_within_bounds() -> None:
    assert BOUNDS[0] <= fit_temperature(np.eye(3)[[0, 1, 2]], np.array([0, 1, 2])) <= BOUNDS[1]
    assert BOUNDS[0] <= fit_temperature(np.eye(3)[[0, 1, 2]], np.array([1, 2, 0])) <= BOUNDS[1]
