"""Stopping, rescaling and killing change nothing that is committed: on this Flink with this Kafka connector."""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import psutil
import pytest

from pipelines.devices.recording import Recording
from pipelines.jobs import submit_features
from pipelines.replay_faults import FaultCounts, Faults
from pipelines.replaying import replay, simulated
from pipelines.settings import Settings
from pipelines.stack import processes
from pipelines.stack.flink import TASKMANAGER
from pipelines.stack.rest import Cluster
from pipelines.stack.stack import up
from tests.integration import streaming

PEOPLE = simulated(4, minutes=4, start="2025-06-01T12:00:00Z", seed=8)
SPEED = 4
"""Times real: slow enough that the job is disturbed while readings come."""


Disturb = Callable[[Settings, str], str]
"""Does something to a running job, given its id; returns the id of the job that goes on."""


@pytest.fixture(scope="module")
def undisturbed(stack: Settings) -> streaming.Records:
    streaming.fresh(stack)
    streaming.send(stack, PEOPLE)
    streaming.computed(stack)
    return streaming.features(stack)


def rescaled(settings: Settings, job: str) -> str:
    savepoint = Cluster(settings.flink_address).stop(job, drain=False)
    return submit_features(settings.model_copy(update={"parallelism": 3}), savepoint=savepoint)


def python_workers_killed(settings: Settings, job: str) -> str:
    workers = [p for p in processes.owned(settings.home) if "pyflink.fn_execution" in " ".join(cmdline(p))]
    assert workers
    for worker in workers:
        os.kill(worker.pid, signal.SIGKILL)
    return job


def taskmanager_killed(settings: Settings, job: str) -> str:
    server = processes.recorded(settings.home, TASKMANAGER)
    assert server is not None
    os.kill(server.pid, signal.SIGKILL)
    streaming.wait(lambda: processes.recorded(settings.home, TASKMANAGER) is None)
    up(settings)
    return job


@pytest.mark.parametrize("disturb", [rescaled, python_workers_killed, taskmanager_killed])
def test_a_disturbance_changes_nothing_committed(
    stack: Settings, undisturbed: streaming.Records, disturb: Disturb
) -> None:
    streaming.fresh(stack)
    total = sum(len(stream.timestamp_ms) for person in PEOPLE for stream in person.streams)
    with sending(stack, PEOPLE):
        job = submit_features(stack.model_copy(update={"parallelism": 1}))
        streaming.wait(lambda: streaming.placed(stack).total() > total // 4)
        job = disturb(stack, job)
        assert streaming.placed(stack).total() < total, "disturbed too late to tell"
    streaming.wait(lambda: streaming.placed(stack).total() >= total)
    Cluster(stack.flink_address).stop(job, drain=True)

    assert streaming.placed(stack) == {"used": total, "late": 0, "quarantined": 0}
    assert streaming.features(stack) == undisturbed
    assert streaming.offline_rows(stack) == len(undisturbed)


@contextmanager
def sending(settings: Settings, people: Sequence[Recording]) -> Iterator[None]:
    """Replays in the background, slowly enough to be disturbed, and waits for its end on leaving."""

    def send() -> None:
        replay(settings, people, speed=SPEED, faults=Faults(), counts=FaultCounts(), progress=lambda _: None)

    thread = threading.Thread(target=send)
    thread.start()
    yield
    thread.join()


def cmdline(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []
