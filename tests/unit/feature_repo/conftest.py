"""One applied store per session, copied for each test: its paths are relative to its folder."""

import shutil
from pathlib import Path

import pytest
from feast import FeatureStore

from feature_repo.store import apply, open_store


@pytest.fixture(scope="session")
def applied_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("feast") / "data"
    assert apply("local", folder)
    return folder


@pytest.fixture
def folder(applied_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(applied_folder, tmp_path / "copied"))


@pytest.fixture
def store(folder: Path) -> FeatureStore:
    return open_store("local", folder)
