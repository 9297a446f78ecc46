"""What users get wrong: one clear line with what to do, exit code 1, nothing half-written."""

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipelines.core.flink_rest import Cluster
from pipelines.core.settings import Settings
from pipelines.stack import topics
from schemas.topics import FEATURES
from tests.integration import streaming
from tests.integration.ports import environment, separate_settings


def eqm(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipelines.cli.main", *arguments]
    return subprocess.run(command, env=environment(settings), capture_output=True, text=True, timeout=120)


def refused(settings: Settings, *arguments: str) -> str:
    """The one line that a refused command says."""
    done = eqm(settings, *arguments)
    assert done.returncode == 1, done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("eqm: ")
    return lines[0]


@pytest.fixture
def nothing(tmp_path: Path) -> Settings:
    """Settings of a stack that is not there."""
    return separate_settings(tmp_path / "home")


def test_broker_down(nothing: Settings) -> None:
    """Each command says so within seconds; all at once, since each waits for an answer that does not come."""
    commands = ("submit", "features"), ("replay", "--simulate", "1"), ("train",), ("watch", "--for", "1")
    with ThreadPoolExecutor() as terminals:
        lines = list(terminals.map(lambda command: refused(nothing, *command), commands))
    for line in lines:
        assert nothing.bootstrap_servers in line
        assert "`eqm up`" in line
    assert not (nothing.home / "models").exists()


def test_wrong_folder(nothing: Settings, tmp_path: Path) -> None:
    assert str(tmp_path / "missing") in refused(nothing, "replay", str(tmp_path / "missing"))
    (tmp_path / "empty").mkdir()
    assert str(tmp_path / "empty") in refused(nothing, "replay", str(tmp_path / "empty"))


def test_wrong_speed_and_setting(nothing: Settings) -> None:
    assert "--speed" in refused(nothing, "replay", "--simulate", "1", "--speed", "-3")
    assert "EQM_PARALLELISM" in refused(nothing.model_copy(update={"parallelism": 0}), "status")


@pytest.fixture(scope="module")
def fresh(stack: Settings) -> Settings:
    """For all that follow: each takes away more, and who comes after them begins anew."""
    streaming.fresh(stack)
    return stack


def test_bundle_missing(fresh: Settings, tmp_path: Path) -> None:
    assert "no model bundle" in refused(fresh, "submit", "emotions", "--bundle", str(tmp_path / "none"))


def test_bundle_of_another_schema(fresh: Settings, bundle: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(bundle, other)
    manifest = json.loads((other / "manifest.json").read_text(encoding="utf-8"))
    (other / "manifest.json").write_text(json.dumps(manifest | {"schema_hash": "0" * 16}), encoding="utf-8")
    line = refused(fresh, "submit", "emotions", "--bundle", str(other))
    assert "0" * 16 in line
    assert "train it again" in line
    assert not running(fresh)


def test_feast_not_applied(fresh: Settings) -> None:
    shutil.rmtree(fresh.feast_folder)
    line = refused(fresh, "submit", "features")
    assert "Feast is not applied" in line
    assert "`eqm up`" in line
    assert not running(fresh)


def test_topic_missing(fresh: Settings) -> None:
    with topics.admin(fresh.bootstrap_servers) as client:
        client.delete_topics([FEATURES.name])
    line = refused(fresh, "submit", "features")
    assert FEATURES.name in line
    assert "`eqm up`" in line
    assert not running(fresh)


def running(settings: Settings) -> list[str]:
    return [job.name for job in Cluster(settings.flink_address).jobs() if job.state == "RUNNING"]
