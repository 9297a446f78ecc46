"""The local broker: one Kafka node that is its own controller (KRaft)."""

import base64
import shutil
import subprocess
import uuid
from pathlib import Path
from typing import Final

from pipelines.core.errors import StackError
from pipelines.core.ports import Port
from pipelines.core.settings import Settings
from pipelines.stack import java

NAME: Final = "kafka"
MEBIBYTE: Final = 1 << 20
FORMAT_S: Final = 120

LOGGING: Final = """\
status = error
rootLogger.level = INFO
rootLogger.appenderRef.file.ref = file
appender.file.type = RollingFile
appender.file.name = file
appender.file.fileName = ${sys:log.file}
appender.file.filePattern = ${sys:log.file}.%i
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d %-5p %c %m%n
appender.file.policies.type = Policies
appender.file.policies.size.type = SizeBasedTriggeringPolicy
appender.file.policies.size.size = 20MB
appender.file.strategy.type = DefaultRolloverStrategy
appender.file.strategy.max = 3
"""


def ports(settings: Settings) -> tuple[Port, ...]:
    """The broker's ports."""
    return (
        Port(settings.kafka_port, "Kafka broker", "kafka_port"),
        Port(settings.kafka_controller_port, "Kafka controller", "kafka_controller_port"),
    )


def folder(settings: Settings) -> Path:
    """Where the broker keeps its configuration and data."""
    return settings.home / "kafka"


def log_file(settings: Settings) -> Path:
    return settings.log_folder / "kafka.log"


def properties(settings: Settings) -> dict[str, str]:
    """The broker's configuration: loopback only, one replica of everything, nothing deleted for its age."""
    broker, controller = f"{settings.host}:{settings.kafka_port}", f"{settings.host}:{settings.kafka_controller_port}"
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{controller}",
        "listeners": f"PLAINTEXT://{broker},CONTROLLER://{controller}",
        "advertised.listeners": f"PLAINTEXT://{broker}",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": str(folder(settings) / "data"),
        "auto.create.topics.enable": "false",
        "num.partitions": str(settings.partitions),
        "default.replication.factor": "1",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
        "log.retention.ms": "-1",
        "log.retention.bytes": str(settings.kafka_retention_mb * MEBIBYTE),
        "log.segment.bytes": str(128 * MEBIBYTE),
        "log.cleaner.dedupe.buffer.size": str(16 * MEBIBYTE),
    }


def command(settings: Settings) -> list[str]:
    """How the broker is started."""
    heap = settings.kafka_heap_mb
    options = [f"-Xms{heap}m", f"-Xmx{heap}m", f"-Dlog.file={log_file(settings)}", *settings.java_options.split()]
    return [*_java(settings, *options), "kafka.Kafka", str(_configuration(settings))]


def prepare(settings: Settings) -> None:
    """Writes the configuration, and formats the storage unless it is formatted already."""
    home = folder(settings)
    home.mkdir(parents=True, exist_ok=True)
    _configuration(settings).write_text("".join(f"{k}={v}\n" for k, v in properties(settings).items()), "utf-8")
    _logging(settings).write_text(LOGGING, encoding="utf-8")
    formatted = home / "formatted"
    if not formatted.exists():
        shutil.rmtree(home / "data", ignore_errors=True)
        _format(settings)
        formatted.touch()


def _format(settings: Settings) -> None:
    identity = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    log = settings.log_folder / "kafka-format.log"
    tool = [*_java(settings, "-Xmx128m", "-XX:TieredStopAtLevel=1", f"-Dlog.file={log}"), "kafka.tools.StorageTool"]
    tool += ["format", f"--cluster-id={identity}", "--config", str(_configuration(settings))]
    try:
        done = subprocess.run(tool, capture_output=True, text=True, check=False, timeout=FORMAT_S)
    except subprocess.TimeoutExpired as fault:
        raise StackError(
            f"Kafka's storage in {folder(settings)} is not formatted after {FORMAT_S} s; see {log}"
        ) from fault
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
        raise StackError(f"Kafka's storage in {folder(settings)} cannot be formatted: {lines[-1]}")


def _java(settings: Settings, *options: str) -> list[str]:
    parts = ":".join(str(jar) for jar in java.jars(settings.jvm / "kafka"))
    return [java.executable(), *options, f"-Dlog4j2.configurationFile={_logging(settings)}", "-cp", parts]


def _configuration(settings: Settings) -> Path:
    return folder(settings) / "server.properties"


def _logging(settings: Settings) -> Path:
    return folder(settings) / "log4j2.properties"
