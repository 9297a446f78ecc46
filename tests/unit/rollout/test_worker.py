"""A worker's thread outlives a broker that goes, takes up what was announced meanwhile, and ends when told."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka import KafkaException

from models.bundle.folder import read_manifest
from pipelines.core.errors import StackError
from pipelines.core.settings import Settings
from pipelines.rollout import worker as module
from pipelines.rollout.bundles import control_for, placed
from pipelines.rollout.control import key_of
from pipelines.rollout.control_reader import Latest
from pipelines.rollout.worker import Worker, WorkerConfig
from schemas.roles import Role

NOBODY = "127.0.0.1:9"


class Reader:
    """The topic as a broker that comes and goes lets it be read: one entry for each attempt to read it."""

    def __init__(self, attempts: list[Latest | Exception]) -> None:
        self.attempts = attempts
        self.closed = 0

    def __call__(self, _: str) -> "Reader":
        if isinstance(self.attempts[0], Exception):
            raise self.attempts.pop(0)  # type: ignore[misc]
        return self

    def latest(self) -> Latest:
        return self.attempts.pop(0)  # type: ignore[return-value]

    def messages(self, timeout_s: float) -> Iterator[tuple[bytes | None, bytes | None]]:
        time.sleep(0.01)
        if self.attempts:
            raise KafkaException("gone")
        yield from ()

    def close(self) -> None:
        self.closed += 1


def wait(reached: Callable[[], bool]) -> None:
    end_s = time.monotonic() + 20
    while not reached():
        assert time.monotonic() < end_s
        time.sleep(0.02)


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "eqm-models"]


def test_a_broker_that_goes_and_comes_back(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, manifest = placed(Settings(home=tmp_path), bundle)
    shadow = control_for(Role.SHADOW, folder, manifest, None)
    meanwhile: Latest = {key_of(Role.SHADOW): shadow.model_dump_json().encode()}
    reader = Reader([{}, StackError("away"), StackError("away"), meanwhile])
    monkeypatch.setattr(module, "ControlReader", reader)
    monkeypatch.setattr(module, "AGAIN_S", 0.01)
    worker = Worker(WorkerConfig(NOBODY, str(folder), 1, 0.01, "test"), lambda: time.time_ns() // 1_000_000)
    worker.open()
    assert worker.models.now().serve.manifest == read_manifest(folder)
    wait(lambda: worker.models.now().shadow is not None)
    assert threads() == ["eqm-models"]
    worker.close()
    wait(lambda: not threads())
    assert reader.closed == 2


def test_a_topic_that_cannot_be_read_stops_the_start(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = placed(Settings(home=tmp_path), bundle)
    monkeypatch.setattr(module, "ControlReader", Reader([StackError("away")]))
    worker = Worker(WorkerConfig(NOBODY, str(folder), 1, 10.0, "test"), lambda: 0)
    with pytest.raises(StackError, match="away"):
        worker.open()
    worker.close()
    assert threads() == []
