"""A worker's thread outlives a broker that goes, takes up what was announced meanwhile, and does not end unseen."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest
from confluent_kafka import KafkaException

from models.bundle.folder import read_manifest
from models.bundle.predictor import Predictor
from pipelines.core.errors import StackError
from pipelines.core.settings import Settings
from pipelines.rollout import reports
from pipelines.rollout import worker as module
from pipelines.rollout.bundles import control_for, placed
from pipelines.rollout.control import key_of
from pipelines.rollout.control_reader import Latest
from pipelines.rollout.worker import Worker, WorkerConfig
from schemas.roles import ModelStatus, Role

NOBODY = "127.0.0.1:9"


class Reader:
    """The topic as a broker that comes and goes lets it be read: one entry for each attempt to read it."""

    def __init__(self, attempts: list[Latest | Exception]) -> None:
        self.attempts = attempts
        self.fault: BaseException = KafkaException("gone")
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
            raise self.fault
        yield from ()

    def close(self) -> None:
        self.closed += 1


def wait(reached: Callable[[], bool]) -> None:
    end_s = time.monotonic() + 20
    while not reached():
        assert time.monotonic() < end_s
        time.sleep(0.02)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


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


def test_a_topic_that_fails_is_told_in_the_log_once_and_followed_again(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    folder, _ = placed(Settings(home=tmp_path), bundle)
    reader = Reader([{}, StackError("away"), StackError("away"), {}])
    monkeypatch.setattr(module, "ControlReader", reader)
    monkeypatch.setattr(module, "AGAIN_S", 0.01)
    worker = Worker(WorkerConfig(NOBODY, str(folder), 1, 10.0, "test"), now_ms)
    worker.open()
    wait(lambda: "followed again" in caplog.text)
    said = [record.getMessage() for record in caplog.records if record.name == module.__name__]
    assert [line.split(";")[0] for line in said][-2:] == ["away", "eqm.models.v1 is followed again"]
    assert sum(line.startswith("away") for line in said) == 1
    assert worker.now().serve is worker.models.now().serve
    worker.close()


@dataclass
class Broken:
    """What a fault strikes, and the fault."""

    fault: BaseException

    def __call__(self, *_: object, **__: object) -> NoReturn:
        raise self.fault


def strike_messages(worker: Worker, reader: Reader, broken: Broken) -> None:
    reader.messages = broken  # type: ignore[method-assign]


def strike_the_reopening(worker: Worker, reader: Reader, broken: Broken) -> None:
    reader.attempts, reader.fault = [{}], KafkaException("gone")
    worker._reopened = broken  # type: ignore[method-assign]


def strike_the_report(worker: Worker, reader: Reader, broken: Broken) -> None:
    worker._report = broken  # type: ignore[method-assign]


def strike_the_controls(worker: Worker, reader: Reader, broken: Broken) -> None:
    worker.models.controls = broken  # type: ignore[method-assign]


def strike_the_clock(worker: Worker, reader: Reader, broken: Broken) -> None:
    worker._clock_ms = broken


def strike_the_end_of_a_reader(worker: Worker, reader: Reader, broken: Broken) -> None:
    reader.close = broken  # type: ignore[method-assign]
    reader.attempts = [{}]


@pytest.mark.parametrize(
    "strike",
    [
        strike_messages,
        strike_the_reopening,
        strike_the_report,
        strike_the_controls,
        strike_the_clock,
        strike_the_end_of_a_reader,
    ],
)
@pytest.mark.parametrize(
    "fault",
    [
        RuntimeError("dictionary changed size during iteration"),
        KeyError("serve"),
        MemoryError("no room\nfor it"),
        SystemExit(3),
    ],
)
def test_whatever_ends_the_thread_fails_the_next_batch_with_its_reason(
    bundle: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    strike: Callable[[Worker, Reader, Broken], None],
    fault: BaseException,
) -> None:
    folder, _ = placed(Settings(home=tmp_path), bundle)
    reader = Reader([{}])
    monkeypatch.setattr(module, "ControlReader", reader)
    monkeypatch.setattr(module, "loaded", lambda control, threads: Predictor(None, None))  # type: ignore[arg-type]
    monkeypatch.setattr(module, "AGAIN_S", 0.01)
    worker = Worker(WorkerConfig(NOBODY, str(folder), 1, 0.0, "test"), now_ms)
    worker.open()
    worker.now()
    strike(worker, reader, Broken(fault))
    wait(lambda: not threads())
    said = f"the thread that follows eqm.models.v1 has ended: {type(fault).__name__}: "
    with pytest.raises(StackError, match=f"^{re.escape(said)}") as raised:
        worker.now()
    assert raised.value.__cause__ is fault
    assert "\n" not in str(raised.value)
    worker.close()


@pytest.mark.parametrize("fault", [BufferError("full"), KafkaException("fatal")])
def test_a_report_that_cannot_be_sent_is_told_and_ends_nothing(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, fault: Exception
) -> None:
    folder, _ = placed(Settings(home=tmp_path), bundle)
    monkeypatch.setattr(module, "ControlReader", Reader([{}]))
    worker = Worker(WorkerConfig(NOBODY, str(folder), 1, 0.0, "test"), now_ms)

    class Refusing:
        produce = poll = Broken(fault)

        def flush(self, timeout_s: float) -> None:
            pass

    object.__setattr__(worker._reporter, "producer", Refusing())
    worker.open()
    wait(lambda: caplog.text.count("dropped what was to be said on eqm.model-reports.v1") > 2)
    assert str(fault) in caplog.text
    worker.now()
    worker.close()


def test_what_the_broker_does_not_take_is_told(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a client that gives up at once, where nobody is."""
    made = reports.native_producer
    monkeypatch.setattr(reports, "native_producer", lambda at, options: made(at, options | {"message.timeout.ms": 10}))
    reporter = reports.Reporter.connect(NOBODY, "test", now_ms)
    reporter.tell(Role.SERVE, None, ModelStatus.REFUSED, "bad")
    reporter.flush(10.0)
    assert "dropped what was to be said on eqm.model-reports.v1: Local: Message timed out" in caplog.text
