"""What keeps events from coming: each reason in turn, in the order in which things must be there."""

import time
from pathlib import Path
from typing import Any

import pytest

from pipelines.core.flink_rest import JOB_NAMES
from pipelines.core.settings import Settings
from pipelines.serving import waiting
from pipelines.serving.waiting import OPEN, asked, reason
from pipelines.stack.lag import GroupLag
from pipelines.stack.topics import TopicState
from schemas.records import ModelReport
from schemas.roles import ModelStatus, Role
from schemas.topics import READINGS
from tests.unit.core.test_flink_rest import JOB, Flink, flink
from tests.unit.stack.conftest import free_port

__all__ = ["flink"]

BEGUN_MS = 1_700_000_000_000


@pytest.fixture
def settings(flink: Flink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A job that runs, and nothing on the topics; `EQM_FLINK` is a stand-in that answers as Flink does."""
    tell(flink)
    on_topics(monkeypatch)
    return Settings(home=tmp_path, flink=f"127.0.0.1:{flink.server_address[1]}", bootstrap="127.0.0.1:1")


def tell(
    flink: Flink, *, kind: str = "stream", state: str = "RUNNING", tasks: tuple[str, ...] = ("RUNNING",) * 3
) -> None:
    job = {"jid": JOB, "name": JOB_NAMES[kind], "state": state, "duration": 1000, "start-time": BEGUN_MS}
    vertices = [{"name": f"part {number}", "status": each} for number, each in enumerate(tasks)]
    history = {"exceptionHistory": {"entries": [{"stacktrace": "java.lang.IllegalStateException: the store is away"}]}}
    flink.answers = {
        "GET /jobs/overview": [(200, {"jobs": [job]})],
        f"GET /jobs/{JOB}": [(200, {**job, "vertices": vertices})],
        f"GET /jobs/{JOB}/exceptions": [(200, history)],
    }


def on_topics(
    monkeypatch: pytest.MonkeyPatch, *, readings: int = 0, behind: int = 0, told_ms: int | None = None
) -> None:
    report = {"worker": "0@here", "role": Role.SERVE, "name": "small", "version": "1", "status": ModelStatus.LOADED}
    told = [] if told_ms is None else [ModelReport.model_validate({**report, "at_ms": told_ms})]
    for name, found in {
        "states": [TopicState(READINGS.name, 4, readings)],
        "lags": [
            GroupLag(READINGS.name, "eqm-features", (0, behind)),
            GroupLag("eqm.features.v1", "eqm-emotions", (7,)),
        ],
        "reports": told,
    }.items():
        monkeypatch.setattr(waiting, name, lambda _, found=found: found)


@pytest.mark.parametrize("kind", ["stream", "emotions"])
def test_each_reason_in_turn(flink: Flink, settings: Settings, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    tell(flink, kind="features")
    assert reason(settings) == "no job runs that answers: `eqm submit`"
    tell(flink, kind=kind, state="RESTARTING")
    assert reason(settings) == "the job is RESTARTING: IllegalStateException: the store is away"
    tell(flink, kind=kind, tasks=("RUNNING", "INITIALIZING", "RUNNING"))
    assert reason(settings) == "the job starts: 2 of 3 of its parts run"
    tell(flink, kind=kind)
    assert reason(settings) == "no reading has come: eqm.readings.v1 is empty"
    on_topics(monkeypatch, readings=12_000, behind=2_000)
    assert reason(settings) == "the job still has 2,000 readings to read"
    on_topics(monkeypatch, readings=12_000, told_ms=BEGUN_MS - 1)
    assert reason(settings) == f"{OPEN}; workers load the model with the first"
    on_topics(monkeypatch, readings=12_000, told_ms=BEGUN_MS)
    assert reason(settings) == OPEN


def test_a_job_that_has_ended_is_none(flink: Flink, settings: Settings) -> None:
    tell(flink, state="FAILED")
    assert reason(settings).startswith("no job runs")


def test_a_cluster_that_does_not_answer_is_the_reason(tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    assert reason(Settings(home=tmp_path, flink=address)).startswith(f"no Flink cluster answers at {address}")


def test_once_an_event_has_come_nobody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "EVERY_S", 0.01)
    calls: list[Any] = []
    with asked(lambda: calls.append(None) or "why") as said:
        assert said(come=True) == ""
        time.sleep(0.1)
        count = len(calls)
        time.sleep(0.1)
        assert (len(calls), said()) == (count, "")


def test_it_is_asked_again_and_again_and_no_more_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "EVERY_S", 0.01)
    calls: list[Any] = []

    def why() -> str:
        calls.append(None)
        return f"reason {len(calls)}"

    with asked(why) as said:
        end_s = time.monotonic() + 10
        while said() in {"", "reason 1"} and time.monotonic() < end_s:
            time.sleep(0.01)
        assert said() not in {"", "reason 1"}
    time.sleep(0.1)
    count = len(calls)
    time.sleep(0.1)
    assert len(calls) == count
