"""A registry that is not there, damaged or out of reach is said in one line; MLflow itself says nothing to anybody."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from mlflow.exceptions import MlflowException

from models.core.errors import RegistryError
from models.datasets import held_out
from models.registry import mlflow_client as registry_client
from models.registry.mlflow_client import ARTIFACTS, DATABASE, connect
from models.registry.registry import Registry
from pipelines.core.settings import Settings
from pipelines.training.registry import opened
from tests.release.thorough.registry.bundles import ALL, write_bundle
from tests.release.thorough.registry.conftest import empty
from tests.unit.models.people import made_up


def test_nothing_registered_yet(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match=r"no model is registered in .*mlflow: `eqm train` registers what it tra"):
        opened(Settings(home=tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + bytes(4000)])
def test_a_damaged_database(tmp_path: Path, content: bytes) -> None:
    (tmp_path / DATABASE).write_bytes(content)
    with pytest.raises(RegistryError, match=r"mlflow\.db is damaged, or not MLflow's \(.+\): put a copy of it back"):
        Registry.open(tmp_path, make=True)
    assert (tmp_path / DATABASE).read_bytes() == content


def test_a_torn_database(home: Path, tmp_path: Path) -> None:
    whole = (home / "mlflow" / DATABASE).read_bytes()
    (tmp_path / DATABASE).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(RegistryError, match=r"mlflow\.db is damaged"):
        Registry.open(tmp_path)


def test_a_database_lost_beside_its_files(tmp_path: Path) -> None:
    (tmp_path / ARTIFACTS).mkdir()
    with pytest.raises(RegistryError, match="is missing, but artifacts/ beside it has runs: put the database back"):
        Registry.open(tmp_path, make=True)


def test_of_two_made_at_once_the_first_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(address: str) -> None:
        (tmp_path / DATABASE).write_bytes(b"first")
        Path(address.removeprefix("sqlite:///")).write_bytes(b"second")

    monkeypatch.setattr(registry_client, "_client", slow)
    with pytest.raises(RegistryError, match="damaged"):
        connect(tmp_path, "", make=True)
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [(DATABASE, b"first")]


def test_what_dies_while_it_is_made_leaves_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(address: str) -> None:
        Path(address.removeprefix("sqlite:///")).write_bytes(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr(registry_client, "_client", full)
    with pytest.raises(RegistryError, match=r"MLflow at .*mlflow\.db: no space left on device"):
        connect(tmp_path, "", make=True)
    assert list(tmp_path.iterdir()) == []


def test_what_mlflow_raises_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Dead:
        def search_model_versions(self, _: str) -> None:
            raise MlflowException("no answer\nfrom the server")

    monkeypatch.setattr(registry_client, "_client", lambda address: Dead())
    with pytest.raises(RegistryError) as caught:
        Registry.open(tmp_path, "http://server:5000").versions("eqm")
    assert str(caught.value) == "reading models in http://server:5000: no answer"


ALONE = """
import sys
from pathlib import Path
from models.datasets import held_out
from models.registry.registry import Registry
from models.study.intervals import Bootstrap

home, trained = map(Path, sys.argv[1:])
registry = Registry.open(home, make=True)
rows = held_out.read(trained / held_out.FILE)
print(registry.record(trained / "bundle", Bootstrap(), rows, card_hash="0" * 16).title)
from mlflow.telemetry import get_telemetry_client
print(get_telemetry_client(), "tensorflow" in sys.modules)
"""


def test_mlflow_neither_talks_nor_tells_nor_needs_tensorflow(home: Path, tmp_path: Path) -> None:
    empty(home)
    trained = tmp_path / "trained"
    write_bundle(trained / "bundle", ALL)
    held_out.write(made_up(), trained / held_out.FILE)
    counted_out = ("CI", "GITHUB_ACTIONS", "PYTEST_CURRENT_TEST", *registry_client.ALONE)
    environment = {name: value for name, value in os.environ.items() if name not in counted_out}
    done = subprocess.run(
        [sys.executable, "-c", ALONE, str(home / "mlflow"), str(trained)],
        env=environment | {"HOME": str(tmp_path)},
        cwd=Path(__file__).parents[4],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [f"version 1 of eqm ({ALL:012x})", "None False"]
    assert [each.name for each in tmp_path.iterdir()] == ["trained"]
