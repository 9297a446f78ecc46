"""Dropped units make answers differ, the seed says how, and the ensemble is the same afterwards."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from models.core.dataset import Dataset
from models.ensemble.combining import Weighted
from models.ensemble.ensemble import Ensemble, raw_inputs
from models.ensemble.monte_carlo import monte_carlo
from models.members import build_network
from models.training.snapshots import mean_of
from models.training.train import TrainedEnsemble
from tests.unit.models.people import TINY, made_up


def only(ensemble: Ensemble, *names: str) -> Ensemble:
    """The same members, of which only these count, alike."""
    return replace(ensemble, combiner=Weighted(np.array([(name in names) / len(names) for name in ensemble.names])))


@pytest.fixture(scope="module")
def rows() -> Dataset:
    return made_up(people=2, windows=6)


def test_the_same_seed_gives_the_same_numbers_and_another_one_others(trained: TrainedEnsemble, rows: Dataset) -> None:
    ensemble, raw = only(trained.ensemble, "personal", "cnn", "lstm"), raw_inputs(rows)
    one, same, other = (monte_carlo(ensemble, raw, seed=seed, passes=4) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.mean, same.mean)
    np.testing.assert_array_equal(one.information, same.information)
    assert not np.array_equal(one.mean, other.mean)
    assert (one.deviation.max(axis=1) > 0).all()
    assert ((one.information > 0) & (one.information < 1)).all()
    np.testing.assert_allclose(one.mean.sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("name", ["cnn", "lstm"])
def test_the_ensemble_stays_as_it_was(trained: TrainedEnsemble, rows: Dataset, name: str) -> None:
    ensemble, raw = only(trained.ensemble, name), raw_inputs(rows)
    model = ensemble.members[name]
    before = ensemble.predict(**raw).members
    state = [np.asarray(each).copy() for each in model.variables]
    trainable = [each.path for each in model.trainable_variables]
    monte_carlo(ensemble, raw, seed=1, passes=2)
    np.testing.assert_array_equal(ensemble.predict(**raw).members, before)
    for value, each in zip(state, model.variables, strict=True):
        np.testing.assert_array_equal(np.asarray(each), value)
    assert [each.path for each in model.trainable_variables] == trainable


def test_batch_normalisation_is_that_of_use(trained: TrainedEnsemble, rows: Dataset) -> None:
    """Rows answered beside others must not be normalised by them: without dropout nothing may differ at all."""
    ensemble, raw = only(trained.ensemble, "cnn"), raw_inputs(rows)
    drops = [layer for layer in ensemble.members["cnn"].layers if layer.name.startswith("dropout")]
    rates = [layer.rate for layer in drops]
    for layer in drops:
        layer.rate = 0.0
    try:
        found = monte_carlo(ensemble, raw, seed=1, passes=3)
    finally:
        for layer, rate in zip(drops, rates, strict=True):
            layer.rate = rate
    assert drops
    np.testing.assert_allclose(found.mean, ensemble.predict(**raw).probabilities, atol=1e-6)
    assert found.deviation.max() < 1e-7


def test_trees_alone_have_nothing_to_drop(trained: TrainedEnsemble, rows: Dataset) -> None:
    ensemble, raw = only(trained.ensemble, "trees"), raw_inputs(rows)
    found = monte_carlo(ensemble, raw, seed=1, passes=3)
    assert found.deviation.max() < 1e-12
    assert found.information.max() < 1e-12
    np.testing.assert_allclose(found.mean, ensemble.predict(**raw).probabilities, atol=1e-6)


def test_snapshots_keep_their_running_statistics(trained: TrainedEnsemble, rows: Dataset) -> None:
    ensemble, raw = only(trained.ensemble, "cnn"), raw_inputs(rows)
    cnn = ensemble.members["cnn"]
    build = partial(build_network, "cnn", TINY.sizes, labels=cnn.output_shape[1])
    model = mean_of(build, [cnn.get_weights(), cnn.get_weights()])
    before = model.get_weights()
    monte_carlo(replace(ensemble, members={**ensemble.members, "cnn": model}), raw, seed=1, passes=2)
    for value, after in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(after, value)
