from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.bundle.packing import save
from models.bundle.predictor import Predictor
from models.core.arrays import Float32s
from models.ensemble.combining import voting
from models.ensemble.ensemble import raw_inputs
from models.members import build_network
from models.preprocessing.preparation import PREPARED_SHAPES, Preparation
from models.training.network_fitting import Fitted, NetworkFitting, Rows, Watching
from models.training.recipes import ANNEALED
from models.training.snapshots import mean_of
from models.training.train import TrainedEnsemble
from tests.unit.models.people import TINY, made_up

DATA = made_up(3)
RECIPE = replace(ANNEALED, epochs=6, snapshots=3, batch_size=16, learning_rate=0.01)


def inputs() -> Float32s:
    return Preparation.of(DATA).arrays(raw_inputs(DATA))["ranks"]


@pytest.fixture(scope="module")
def fitted() -> Fitted:
    rows = Rows(inputs(), np.eye(3, dtype=np.float32)[DATA.label])
    fitting = NetworkFitting(
        name="personal",
        build=lambda: build_network("personal", TINY.sizes, labels=3),
        reads="ranks",
        recipe=RECIPE,
        train=rows,
        validation=rows,
        label_weights=np.ones(3),
    )
    return fitting.fitted(Watching(lambda step: None), seed=3)


def test_the_answer_is_the_mean_of_what_was_learnt_at_the_cycles_ends(fitted: Fitted) -> None:
    assert len(fitted.weights) == 3
    answers = []
    for weights in fitted.weights:
        network = build_network("personal", TINY.sizes, labels=3)
        network.set_weights(list(weights))
        answers.append(np.asarray(network(inputs())))
    assert min(np.abs(answers[0] - answers[1]).max(), np.abs(answers[1] - answers[2]).max()) > 0.01
    np.testing.assert_allclose(np.asarray(fitted.network(inputs())), np.mean(answers, axis=0), atol=1e-6)


@pytest.mark.parametrize("name", ["cnn", "bilstm_attention", "transformer"])
def test_any_network_can_be_a_mean_of_snapshots(name: str) -> None:
    snapshots = [build_network(name, TINY.sizes, labels=3).get_weights() for _ in range(2)]
    whole = mean_of(lambda: build_network(name, TINY.sizes, labels=3), snapshots)
    assert whole.name == name
    assert whole(np.zeros((2, *PREPARED_SHAPES["sequence"]), np.float32)).shape == (2, 3)


def test_a_mean_of_snapshots_goes_into_a_bundle(trained: TrainedEnsemble, fitted: Fitted, tmp_path: Path) -> None:
    few = {"trees": trained.ensemble.members["trees"], "personal": fitted.network}
    ensemble = replace(trained.ensemble, members=few, combiner=voting(2))
    save(replace(trained, ensemble=ensemble), tmp_path / "bundle", name="snapshots")
    rows = raw_inputs(DATA)
    loaded = Predictor.load(tmp_path / "bundle").predict(**rows)
    np.testing.assert_allclose(loaded.members, ensemble.predict(**rows).members, atol=1e-6)
