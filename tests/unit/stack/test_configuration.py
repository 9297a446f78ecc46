"""What the servers are told: loopback only, ports of their own, the settings' sizes."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from pipelines.core.errors import StackError
from pipelines.core.settings import Settings
from pipelines.stack import flink, java, kafka
from pipelines.stack.servers import servers
from pipelines.streaming.flink_run import submit
from pipelines.streaming.job_config import FORGET_DAYS
from schemas.windows import HOP_MS, SMOOTHING_MS

needs_flink = pytest.mark.skipif(find_spec("pyflink") is None, reason="Flink is in the stream environment")


def test_the_broker_listens_on_loopback_and_deletes_nothing_for_its_age(settings: Settings) -> None:
    told = kafka.properties(settings)
    assert told["listeners"] == "PLAINTEXT://127.0.0.1:19092,CONTROLLER://127.0.0.1:19093"
    assert told["log.retention.ms"] == "-1"
    assert told["auto.create.topics.enable"] == "false"
    assert {told[key] for key in told if key.endswith("replication.factor")} == {"1"}


def test_no_two_servers_want_one_port() -> None:
    every = Settings(prometheus_port=19300)
    numbers = [port.number for server in servers(every) for port in server.ports]
    assert len(numbers) == len(set(numbers)) == 9


def test_an_outside_broker_or_cluster_is_not_started() -> None:
    assert [server.name for server in servers(Settings(bootstrap="a:1"))] == ["jobmanager", "taskmanager"]
    assert [server.name for server in servers(Settings(flink="a:1"))] == ["kafka"]


@needs_flink
def test_the_cluster_listens_on_loopback_with_the_sizes_set(settings: Settings) -> None:
    told = flink.configuration(settings)
    assert {told[key] for key in told if key.endswith(("address", "host"))} == {"127.0.0.1"}
    assert told["taskmanager.memory.process.size"] == "2560m"
    assert told["env.java.opts.all"].count("--add-opens") > 5
    assert "metrics.reporter.prometheus.port" not in told


@needs_flink
def test_a_taskmanager_takes_no_address_that_another_had(settings: Settings) -> None:
    assert flink.configuration(settings)["taskmanager.rpc.port"] == "0"
    told = " ".join(flink.command(settings, flink.TASKMANAGER))
    assert "rpc.port" not in told
    assert flink.QUERY_PORT not in told


@needs_flink
def test_options_for_jvms_reach_broker_and_taskmanager(settings: Settings) -> None:
    chosen = settings.model_copy(update={"java_options": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"})
    assert flink.configuration(chosen)["env.java.opts.taskmanager"] == chosen.java_options
    assert set(chosen.java_options.split()) <= set(kafka.command(chosen))
    assert "env.java.opts.taskmanager" not in flink.configuration(settings)


@needs_flink
def test_what_flink_reads_is_written_once_and_again(settings: Settings) -> None:
    flink.prepare(settings)
    flink.prepare(settings)
    folder = flink.configuration_folder(settings)
    assert {file.name for file in folder.iterdir()} >= {"config.yaml", "log4j-console.properties"}


def test_missing_jvm_parts_and_java_are_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StackError, match="run `make`"):
        java.jars(tmp_path)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(StackError, match="no java in JAVA_HOME"):
        java.executable()


def test_a_job_file_that_is_not_there_is_one_line(settings: Settings) -> None:
    with pytest.raises(StackError, match=r"there is no job file nowhere\.py"):
        submit("nowhere.py", [], settings)


def test_state_of_users_who_left_expires_long_after_anything_could_need_it() -> None:
    """In hours: what smoothing looks back on, what is remembered of windows, and a long weekend without the job."""
    smoothed_h, remembered_h, weekend_h = SMOOTHING_MS / 3_600_000, 4096 * HOP_MS / 3_600_000, 4 * 24
    assert smoothed_h + remembered_h + weekend_h < 24 * FORGET_DAYS
