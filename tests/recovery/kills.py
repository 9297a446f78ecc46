"""What is done to a running stage, each as it happens to real ones; and what its owner does then."""

import os
import random
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing

import psutil

from feature_repo.folders import ONLINE
from pipelines.core.settings import Settings
from pipelines.stack import kafka, processes
from pipelines.stack.flink import JOBMANAGER, TASKMANAGER
from pipelines.stack.stack import up
from tests.integration import streaming
from tests.recovery.stage import Stage

Strike = Callable[[Stage, random.Random], None]

AWAY_S = 60.0


def taskmanager(stage: Stage, _: random.Random) -> None:
    """Flink restarts the jobs by itself once there is a TaskManager again."""
    _end_server(stage, TASKMANAGER)
    up(stage.settings, say=_quiet)


def jobmanager(stage: Stage, _: random.Random) -> None:
    """The cluster forgets its jobs: they are submitted again, from their newest checkpoints."""
    _end_server(stage, JOBMANAGER)
    up(stage.settings, say=_quiet)
    stage.resubmit()


def broker(stage: Stage, chance: random.Random) -> None:
    """Away for some seconds; jobs and replayer wait for it."""
    _end_server(stage, kafka.NAME)
    time.sleep(chance.uniform(0, 5))
    up(stage.settings, say=_quiet)


def python_worker(stage: Stage, chance: random.Random) -> None:
    """Any one of those of both jobs."""
    if workers := python_workers(stage.settings):
        os.kill(chance.choice(workers).pid, signal.SIGKILL)


def python_workers(settings: Settings) -> list[psutil.Process]:
    """Those of all jobs that run."""
    return [process for process in processes.owned(settings.home) if "pyflink.fn_execution" in _command(process)]


def replayer(stage: Stage, _: random.Random) -> None:
    """It is run again, and sends everything again."""
    stage.replay.kill()
    stage.replay.wait()
    stage.replay_again()


def partition(stage: Stage, _: random.Random) -> None:
    """Silent for longer than the others wait, then there again, within lateness."""
    stage.replay.send_signal(signal.SIGUSR1)
    time.sleep(stage.orders.stall_ms / 1000)


def store(stage: Stage, _: random.Random) -> None:
    """Another process has locked the online store for a minute: writes fail."""
    with closing(sqlite3.connect(stage.settings.feast_folder / ONLINE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        time.sleep(AWAY_S)
        other.execute("ROLLBACK")


def upgrade(stage: Stage, chance: random.Random) -> None:
    """New code, or another parallelism: every job goes on from a savepoint."""
    stage.upgrade(chance.choice([number for number in (1, 2, 3) if number != stage.settings.parallelism]))


def _end_server(stage: Stage, name: str) -> None:
    server = processes.recorded(stage.settings.home, name)
    assert server is not None
    os.kill(server.pid, signal.SIGKILL)
    streaming.wait(lambda: processes.recorded(stage.settings.home, name) is None)


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _quiet(_: str) -> None:
    pass
