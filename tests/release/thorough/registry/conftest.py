"""A home folder with an empty registry. Making a database and opening one take MLflow seconds: one serves all tests."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from models.bundle.predictor import Predictor
from models.core.dataset import Dataset
from models.datasets.split import Split
from models.registry.mlflow_client import ARTIFACTS, DATABASE, connect
from models.registry.version import Version
from models.training.settings import TrainingConfig
from pipelines.core.settings import Settings
from pipelines.training.registry import register
from tests.release.thorough.registry.bundles import SPLIT, load, write_bundle
from tests.unit.models.people import made_up

Register = Callable[..., Version]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("registry") / "home"
    connect(folder / "mlflow", "", make=True)
    return folder


def empty(home: Path) -> None:
    for folder in (home / "models", home / "mlflow" / ARTIFACTS):
        shutil.rmtree(folder, ignore_errors=True)
    with closing(sqlite3.connect(home / "mlflow" / DATABASE)) as database, database:
        database.execute("PRAGMA foreign_keys = OFF")
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            if table not in ("alembic_version", "experiments", "workspaces"):
                database.execute(f"DELETE FROM {table}")
        database.execute("DELETE FROM experiments WHERE experiment_id > 0")


@pytest.fixture
def settings(home: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    empty(home)
    monkeypatch.setattr(Predictor, "load", lambda folder: load(folder))
    return Settings(home=home)


@pytest.fixture
def registered(settings: Settings, tmp_path: Path) -> Register:
    """Registers a bundle that reads so many features."""

    def made(features: int, rows: Dataset | None = None, *, split: Split = SPLIT, **facts: object) -> Version:
        rows = made_up() if rows is None else rows
        folder = tmp_path / "trained" / str(features)
        write_bundle(folder, features, rows, split=split, **facts)
        version, _ = register(settings, folder, TrainingConfig(), rows, card="0" * 16)
        return version

    return made
