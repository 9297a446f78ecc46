"""The stack as users have it: the command, a real broker, a real cluster, jobs by `flink run`."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from kafka import KafkaConsumer, KafkaProducer

from pipelines.core.errors import StackError
from pipelines.core.flink_rest import Cluster
from pipelines.core.settings import Settings
from pipelines.stack import processes
from pipelines.streaming.flink_run import submit
from schemas.topics import EMOTIONS, LABELS, TOPICS
from tests.integration.ports import environment, separate_settings

MESSAGES = 500
SERVERS = {"jobmanager", "taskmanager", "kafka"}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    found = separate_settings(tmp_path_factory.mktemp("stack") / "home", parallelism=1, task_slots=2)
    yield found
    processes.end(processes.owned(found.home), grace_s=20)


def eqm(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipelines.cli.main", *arguments]
    return subprocess.run(
        command, env=environment(settings), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120
    )


def status(settings: Settings) -> dict[str, object]:
    found: dict[str, object] = json.loads(eqm(settings, "status", "--json").stdout)
    return found


def pids(settings: Settings) -> dict[str, int]:
    found = {name: processes.recorded(settings.home, name) for name in SERVERS}
    return {name: process.pid for name, process in found.items() if process}


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    end_s = time.monotonic() + 10
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE and time.monotonic() < end_s:
        time.sleep(0.05)


def test_a_port_taken_is_one_line_and_nothing_is_left_running(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", settings.flink_rest_port)):
        done = eqm(settings, "up")
    assert done.returncode == 1
    assert done.stderr.startswith(f"eqm: port {settings.flink_rest_port} (Flink REST) is taken by ")
    assert done.stderr.endswith("EQM_FLINK_REST_PORT\n")
    assert processes.owned(settings.home) == []


def test_up_makes_everything_and_says_so_when_there_is_nothing_to_do(settings: Settings) -> None:
    assert eqm(settings, "status").returncode == 1
    first = eqm(settings, "up")
    assert (first.returncode, first.stderr) == (0, "")
    before = pids(settings)
    second = eqm(settings, "up")
    assert (second.returncode, second.stdout.splitlines()[-2]) == (0, "already up")
    assert set(before) == SERVERS
    assert pids(settings) == before


def test_status_tells_servers_topics_slots_and_feature_store(settings: Settings) -> None:
    shown = eqm(settings, "status")
    assert (shown.returncode, shown.stderr, shown.stdout.splitlines()[-1]) == (0, "", "up")
    found = status(settings)
    assert found["up"] is True
    assert {topic["name"]: topic["partitions"] for topic in found["topics"]} == {  # type: ignore[attr-defined]
        topic.name: settings.partitions for topic in TOPICS
    }
    assert found["slots"] == {"taskmanagers": 1, "total": 2, "free": 2}
    assert found["feast_applied"] is True


def test_all_servers_listen_on_loopback_only(settings: Settings) -> None:
    ours = {process.pid for process in processes.owned(settings.home)}
    listening = [c for c in psutil.net_connections("tcp") if c.pid in ours and c.status == psutil.CONN_LISTEN]
    assert len(listening) >= 8
    assert {c.laddr.ip.removeprefix("::ffff:") for c in listening if c.laddr} == {"127.0.0.1"}


def test_a_job_submitted_by_flink_run_reads_kafka_runs_python_and_writes_kafka(settings: Settings) -> None:
    producer = KafkaProducer(bootstrap_servers=settings.bootstrap_servers)
    for number in range(MESSAGES):
        producer.send(LABELS.name, f"message {number}".encode())
    producer.flush()
    producer.close()
    job_file = Path(__file__).parent / "bounded_job.py"
    job = submit(job_file, [settings.bootstrap_servers, LABELS.name, EMOTIONS.name], settings)
    cluster = Cluster(settings.flink_address)
    assert cluster.wait(job, frozenset({"FINISHED"}), timeout_s=60) == "FINISHED"
    consumer = KafkaConsumer(
        EMOTIONS.name,
        bootstrap_servers=settings.bootstrap_servers,
        auto_offset_reset="earliest",
        consumer_timeout_ms=3000,
    )
    found = sorted(message.value.decode() for message in consumer)
    consumer.close()
    assert found == sorted(f"MESSAGE {number}" for number in range(MESSAGES))


def test_a_job_that_cannot_be_planned_is_one_line(settings: Settings) -> None:
    job_file = Path(__file__).parent / "bounded_job.py"
    with pytest.raises(StackError, match=r"bounded_job.py was not submitted: TypeError: main\(\) missing 2") as fault:
        submit(job_file, ["only one"], settings)
    assert "\n" not in str(fault.value)


def test_up_waits_for_the_taskmanager_in_a_killed_ones_place(settings: Settings) -> None:
    """The JobManager believes in the killed one for a while, and counts it."""
    kill(pids(settings)["taskmanager"])
    assert eqm(settings, "up").returncode == 0
    listening = psutil.Process(pids(settings)["taskmanager"]).net_connections("tcp")
    ports = {connection.laddr.port for connection in listening if connection.status == psutil.CONN_LISTEN}
    registered = Cluster(settings.flink_address).taskmanager_addresses()
    assert ports & {int(address.rpartition(":")[2]) for address in registered}


def test_up_repairs_what_was_killed_and_keeps_what_was_written(settings: Settings) -> None:
    before = pids(settings)
    kill(before["kafka"])
    kill(before["taskmanager"])
    (settings.home / "run" / "jobmanager.json").unlink()
    assert eqm(settings, "status").returncode == 1
    done = eqm(settings, "up")
    assert (done.returncode, done.stderr) == (0, "")
    assert not psutil.pid_exists(before["jobmanager"])
    assert not set(pids(settings).values()) & set(before.values())
    ends = {topic["name"]: topic["end_offset"] for topic in status(settings)["topics"]}  # type: ignore[attr-defined]
    assert ends[LABELS.name] == MESSAGES


def test_down_leaves_no_process_and_wipe_no_data(settings: Settings) -> None:
    before = pids(settings)
    refused = eqm(settings, "down", "--wipe")
    assert (refused.returncode, refused.stdout, pids(settings)) == (1, "", before)
    done = eqm(settings, "down", "--wipe", "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert not [pid for pid in before.values() if psutil.pid_exists(pid)]
    assert processes.owned(settings.home) == []
    assert not settings.home.exists()
    assert eqm(settings, "down").stdout == "nothing was up\n"
