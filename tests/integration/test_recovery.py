"""Stopping, rescaling and killing change nothing that is committed: on this Flink with this Kafka connector."""

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psutil

from pipelines.devices.recording import Recording
from pipelines.jobs import submit_features
from pipelines.replay_faults import FaultCounts, Faults
from pipelines.replaying import replay, simulated
from pipelines.settings import Settings
from pipelines.stack import processes
from pipelines.stack.rest import Cluster
from tests.integration import streaming

PEOPLE = simulated(4, minutes=4, start="2025-06-01T12:00:00Z", seed=8)
SPEED = 12


def test_stopped_with_savepoint_and_continued_at_another_parallelism(stack: Settings) -> None:
    streaming.fresh(stack)
    sent = streaming.send(stack, PEOPLE).sent
    streaming.computed(stack)
    undisturbed = streaming.features(stack)

    streaming.fresh(stack)
    cluster = Cluster(stack.flink_address)
    with sending(stack, PEOPLE):
        job = submit_features(stack.model_copy(update={"parallelism": 1}))
        streaming.wait(lambda: streaming.placed(stack).total() > sent // 4)
        savepoint = cluster.stop(job, drain=False)
        assert streaming.placed(stack).total() < sent
        job = submit_features(stack.model_copy(update={"parallelism": 3}), savepoint=savepoint)
    streaming.wait(lambda: streaming.placed(stack).total() >= sent)
    cluster.stop(job, drain=True)

    assert streaming.placed(stack) == {"used": sent, "late": 0, "quarantined": 0}
    assert streaming.features(stack) == undisturbed
    assert streaming.offline_rows(stack) == len(undisturbed)


def test_python_workers_killed(stack: Settings) -> None:
    streaming.fresh(stack)
    sent = streaming.send(stack, PEOPLE).sent
    streaming.computed(stack)
    undisturbed = streaming.features(stack)

    streaming.fresh(stack)
    cluster = Cluster(stack.flink_address)
    with sending(stack, PEOPLE):
        job = submit_features(stack)
        streaming.wait(lambda: streaming.offline_rows(stack) > 0)
        assert kill_python_workers(stack)
        streaming.wait(lambda: cluster.root_cause(job) != "")
    streaming.wait(lambda: streaming.placed(stack).total() >= sent)
    cluster.wait(job, frozenset({"RUNNING"}), timeout_s=60)
    cluster.stop(job, drain=True)

    assert streaming.placed(stack) == {"used": sent, "late": 0, "quarantined": 0}
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


def kill_python_workers(settings: Settings) -> int:
    """SIGKILL to every Python worker of the stack; how many there were."""
    workers = [p for p in processes.owned(settings.home) if "pyflink.fn_execution" in " ".join(cmdline(p))]
    for worker in workers:
        os.kill(worker.pid, signal.SIGKILL)
    return len(workers)


def cmdline(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []
