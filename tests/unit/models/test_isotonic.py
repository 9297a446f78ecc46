"""Curves that rise, never say never, and are not drawn by a handful of people."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.ensemble.calibration import GRID, LEAST, Isotonic, fit_isotonic
from models.ensemble.combining import voting
from models.ensemble.ensemble import fuse, raw_inputs
from models.metrics.figures import expected_calibration_error
from models.training.train import TrainedEnsemble
from tests.unit.models.people import made_up


def applied(calibration: Isotonic, probabilities: np.ndarray) -> np.ndarray:
    return np.asarray(calibration(probabilities.astype(np.float32)))


def honest(labels: int, n: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities, and labels that come as often as these say."""
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(labels), size=n)
    return probabilities, (probabilities.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)


@pytest.mark.parametrize("labels", [2, 3, 7])
def test_overconfidence_that_no_temperature_mends_is_mended(labels: int) -> None:
    truth, label = honest(labels)
    spoilt = np.where(truth > 0.5, truth**0.3, truth**2)
    spoilt /= spoilt.sum(axis=1, keepdims=True)
    found = applied(fit_isotonic(spoilt, label, np.ones(len(label))), spoilt)
    assert expected_calibration_error(label, found) < expected_calibration_error(label, spoilt) / 3


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), labels=st.integers(2, 7), minutes=st.floats(1e-3, 1e3))
def test_curves_rise_and_nothing_is_certain(seed: int, labels: int, minutes: float) -> None:
    rng = np.random.default_rng(seed)
    probabilities = np.concatenate([rng.dirichlet(np.ones(labels) / 5, 40), np.eye(labels)])
    label = rng.integers(0, labels, len(probabilities))
    calibration = fit_isotonic(probabilities, label, np.full(len(label), minutes))
    assert (np.diff(calibration.curves, axis=1) >= 0).all()
    found = applied(calibration, probabilities)
    assert (found > LEAST / labels).all()
    assert (found < 1).all()
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)


def test_a_few_minutes_move_it_little() -> None:
    wrong, label = np.tile([0.9, 0.1], (50, 1)), (np.arange(50) > 5).astype(int)
    few, many = (applied(fit_isotonic(wrong, label, np.full(50, each)), wrong)[0, 0] for each in (0.01, 100.0))
    assert few == pytest.approx(0.9, abs=0.1)
    assert many == pytest.approx(6 / 50, abs=0.02)


def test_a_label_that_nobody_shows_keeps_its_curve() -> None:
    probabilities, _ = honest(3, 200)
    curves = fit_isotonic(probabilities, np.arange(200) % 2, np.ones(200)).curves
    np.testing.assert_allclose(curves[2], np.clip(GRID, LEAST, 1 - LEAST))
    assert not np.allclose(curves[0], np.clip(GRID, LEAST, 1 - LEAST), atol=0.02)


def test_it_says_what_a_bundle_says_of_temperature_and_bias() -> None:
    calibration = Isotonic((tuple(GRID),) * 3)
    assert (calibration.temperature, calibration.bias) == (1.0, (0.0, 0.0, 0.0))


def test_it_is_part_of_the_network(trained: TrainedEnsemble) -> None:
    rows = raw_inputs(made_up(seed=3))
    members = {name: trained.ensemble.members[name] for name in ("trees", "personal")}
    few = replace(trained.ensemble, members=members, combiner=voting(2))
    mixed = few.mixed(few.answers(rows))
    calibration = fit_isotonic(mixed, made_up(seed=3).label, np.ones(len(mixed)))
    some = replace(few, calibration=calibration)
    expected = some.predict(**rows).probabilities
    np.testing.assert_allclose(fuse(some)(rows, training=False)["probabilities"], expected, atol=1e-6)
    assert not np.allclose(expected, mixed, atol=1e-3)
    np.testing.assert_allclose(expected, interpolated(calibration, mixed), atol=1e-5)


def interpolated(calibration: Isotonic, probabilities: np.ndarray) -> np.ndarray:
    """What NumPy makes of the curves."""
    found = np.stack([np.interp(p, GRID, curve) for p, curve in zip(probabilities.T, calibration.curves, strict=True)])
    return (found / found.sum(axis=0)).T
