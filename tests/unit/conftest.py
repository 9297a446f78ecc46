"""One tiny trained ensemble and its bundle for all tests that need one."""

from pathlib import Path

import pytest

from models.bundle.packing import save
from models.bundle.predictor import Predictor
from models.training.train import Progress, TrainedEnsemble, train
from tests.unit.models.people import TINY, made_up


@pytest.fixture(scope="session")
def told() -> list[Progress]:
    """What training told of its progress."""
    return []


@pytest.fixture(scope="session")
def trained(told: list[Progress]) -> TrainedEnsemble:
    return train(made_up(), TINY, told.append)


@pytest.fixture(scope="session")
def bundle(trained: TrainedEnsemble, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A written bundle; tests that spoil it must copy it first."""
    folder = tmp_path_factory.mktemp("bundles") / "tiny"
    save(trained, folder, name="tiny")
    return folder


@pytest.fixture(scope="session")
def predictor(bundle: Path) -> Predictor:
    return Predictor.load(bundle)
