"""The servers of a local stack, each described alike: how it starts, where it listens, when it is ready."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipelines.core.errors import StackError
from pipelines.core.flink_rest import Cluster
from pipelines.core.ports import Port, listens
from pipelines.core.settings import Settings
from pipelines.stack import flink, kafka


@dataclass(frozen=True)
class Server:
    """One server process."""

    name: str
    ports: tuple[Port, ...]
    """The first is the one to talk to."""
    command: Callable[[], Sequence[str]]
    """How it is started; raises StackError where a part of it is missing."""
    environment: Callable[[], Mapping[str, str]]
    prepare: Callable[[], None]
    """Writes what it reads at its start; harmless when repeated."""
    answers: Callable[[], bool]
    """Whether it does its work now."""
    log: Callable[[], Path]


def servers(settings: Settings) -> tuple[Server, ...]:
    """All servers that are local: those whose address is not an outside one."""
    local_flink = () if settings.flink else (_flink(settings, flink.JOBMANAGER), _flink(settings, flink.TASKMANAGER))
    return (*local_flink, *(() if settings.bootstrap else (_kafka(settings),)))


def _kafka(settings: Settings) -> Server:
    return Server(
        name=kafka.NAME,
        ports=kafka.ports(settings),
        command=lambda: kafka.command(settings),
        environment=dict,
        prepare=lambda: kafka.prepare(settings),
        answers=lambda: _broker_answers(settings),
        log=lambda: kafka.log_file(settings),
    )


def _flink(settings: Settings, name: str) -> Server:
    return Server(
        name=name,
        ports=flink.ports(settings, name),
        command=lambda: flink.command(settings, name),
        environment=lambda: flink.environment(settings),
        prepare=lambda: flink.prepare(settings),
        answers=lambda: _jobmanager_answers(settings) if name == flink.JOBMANAGER else _taskmanager_answers(settings),
        log=lambda: flink.log_file(settings, name),
    )


def _jobmanager_answers(settings: Settings) -> bool:
    with suppress(StackError):
        Cluster(settings.flink_address).slots()
        return True
    return False


def _taskmanager_answers(settings: Settings) -> bool:
    """Whether one that is registered lives: the JobManager believes in a killed one until its heartbeat fails."""
    with suppress(StackError):
        return any(map(listens, Cluster(settings.flink_address).taskmanager_addresses()))
    return False


def _broker_answers(settings: Settings) -> bool:
    """Asks for topics, but only once the port is open: a client that finds none waits for seconds."""
    if not listens(settings.bootstrap_servers):
        return False
    from pipelines.core.kafka_clients import admin

    with suppress(OSError, StackError), admin(settings.bootstrap_servers, timeout_ms=1_000) as client:
        client.list_topics()
        return True
    return False
