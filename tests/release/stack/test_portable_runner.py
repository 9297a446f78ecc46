"""The batch jobs on a distributed engine: the same commands, told of a runner; the same files, byte for byte."""

import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from feature_repo.store import apply
from pipelines.core.settings import Settings
from tests.integration.ports import environment, separate_settings
from tests.release.stack.portable_runner import ROOT, PortableRunner, portable_runner
from tests.unit.batch.history import FIRST_DAY, SECOND_DAY, people, write_archive, write_streamed

PATIENCE_S = 300

DAYS = ("--from", FIRST_DAY, "--to", SECOND_DAY)
PACKAGES = ("schemas", "models", "pipelines", "feature_repo")


@dataclass(frozen=True)
class Outcome:
    """What the commands said, and all files that they wrote."""

    said: dict[str, Any]
    files: dict[str, bytes]


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Archive and streamed rows around midnight; one reading in seven was too late for the stream."""
    folder = tmp_path_factory.mktemp("history")
    write_archive(folder / "archive", people(3), late=lambda stream: np.arange(len(stream.timestamp_ms)) % 7 == 6)
    write_streamed(folder / "streamed", folder / "archive")
    return folder


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortableRunner]:
    with portable_runner(tmp_path_factory.mktemp("runner")) as running:
        yield running


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory, history: Path, runner: PortableRunner) -> Outcome:
    """Made by the distributed engine."""
    return outcome(tmp_path_factory.mktemp("there"), history, runner.options)


def test_a_distributed_engine_writes_the_same_bytes(tmp_path: Path, history: Path, there: Outcome) -> None:
    here = outcome(tmp_path, history, [])
    assert there.said == here.said
    assert there.files.keys() == here.files.keys()
    assert [name for name, content in here.files.items() if there.files[name] != content] == []


def test_there_was_something_to_do(there: Outcome) -> None:
    healed, parity = there.said["backfill"], there.said["parity"]
    assert len([day for day in healed["days"] if day["state"] == "recompute"]) == 2
    assert sum(day["changed"] for day in healed["days"]) > 100
    assert parity["compared"] == sum(day["windows"] for day in healed["days"]) > 100
    assert not any(parity[name] for name in ("missing", "extra", "differing"))


def test_the_whole_package_is_shipped_to_workers(there: Outcome, runner: PortableRunner) -> None:
    for package in runner.staged():
        with tarfile.open(package) as opened:
            shipped = {name.partition("/")[2] for name in opened.getnames()}
        assert project_files() - shipped == set()


def test_workers_run_what_was_shipped(there: Outcome, runner: PortableRunner) -> None:
    """Python leaves compiled files beside the modules that it has imported."""
    assert runner.installed()
    for packages in runner.installed():
        assert list(packages.glob("pipelines/batch/__pycache__/*.pyc"))


def outcome(folder: Path, history: Path, options: list[str]) -> Outcome:
    """Heals a copy of the history, and compares it with its archive."""
    settings = separate_settings(folder / "home")
    shutil.copytree(history / "archive", settings.archive_folder)
    apply("local", settings.feast_folder)
    shutil.copytree(history / "streamed", settings.features_folder, dirs_exist_ok=True)
    said = {name: eqm(settings, name, *DAYS, "--json", *options) for name in ("backfill", "parity")}
    del said["backfill"]["changes"]
    places = (settings.feast_folder / "offline", settings.home / "parity")
    files = [file for place in places for file in place.rglob("*") if file.is_file()]
    files.append(settings.home / "backfill" / "changes.csv")
    return Outcome(said, {str(file.relative_to(settings.home)): file.read_bytes() for file in files})


def eqm(settings: Settings, *arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "pipelines.cli.main", *arguments]
    done = subprocess.run(command, env=environment(settings), capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def project_files() -> set[str]:
    """Modules and data of all packages."""
    found = (file for package in PACKAGES for file in (ROOT / package).rglob("*") if file.is_file())
    return {str(file.relative_to(ROOT)) for file in found if file.suffix != ".pyc"}
