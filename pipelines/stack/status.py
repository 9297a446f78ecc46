"""What is up, in figures."""

import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

import psutil

from pipelines.core.errors import StackError
from pipelines.core.flink_rest import Cluster, Job, Slots
from pipelines.core.settings import Settings
from pipelines.stack import feast, flink, processes
from pipelines.stack.lag import GroupLag, lags, newest_event_ms
from pipelines.stack.servers import Server, servers
from pipelines.stack.topics import TopicState, states

MEBIBYTE = 1 << 20


@dataclass(frozen=True)
class ServerState:
    """One local server."""

    name: str
    pid: int | None
    port: int
    answers: bool
    uptime_s: float | None
    memory_mb: float | None
    """Resident memory of the server process."""
    workers: int
    """Its Python workers."""
    workers_memory_mb: float


@dataclass(frozen=True)
class Status:
    """The whole stack; where Kafka or Flink does not answer, its part is empty."""

    servers: tuple[ServerState, ...]
    bootstrap: str
    topics: tuple[TopicState, ...]
    flink: str
    slots: Slots | None
    jobs: tuple[Job, ...]
    feast_profile: str
    feast_applied: bool
    lags: tuple[GroupLag, ...] = ()
    newest_event_ms: int | None = None
    """Event time: the end of its window."""

    @property
    def is_up(self) -> bool:
        """Servers answer, topics are there, slots are there, the feature store is applied."""
        return (
            all(server.answers for server in self.servers)
            and bool(self.topics)
            and all(topic.partitions for topic in self.topics)
            and self.slots is not None
            and self.slots.total > 0
            and self.feast_applied
        )

    def as_json(self) -> dict[str, Any]:
        return {"up": self.is_up, **asdict(self)}


def status(settings: Settings) -> Status:
    """Asks every part once; a part that is down is no error here."""
    found = tuple(_server(settings, server) for server in servers(settings))
    slots, jobs = _cluster(settings)
    topics = _topics(settings, found)
    return Status(
        servers=found,
        bootstrap=settings.bootstrap_servers,
        topics=topics,
        flink=settings.flink_address,
        slots=slots,
        jobs=jobs,
        feast_profile=settings.feast_profile,
        feast_applied=feast.is_applied(settings),
        **_progress(settings.bootstrap_servers if topics else None),
    )


def _server(settings: Settings, server: Server) -> ServerState:
    process = processes.recorded(settings.home, server.name)
    family = processes.family(process) if process else []
    memory = [_memory_mb(member) for member in family]
    return ServerState(
        name=server.name,
        pid=process.pid if process else None,
        port=server.ports[0].number,
        answers=bool(family) and server.answers(),
        uptime_s=round(time.time() - process.started_s, 1) if process else None,
        memory_mb=memory[0] if memory else None,
        workers=len(family[1:]) if server.name == flink.TASKMANAGER else 0,
        workers_memory_mb=round(sum(memory[1:]), 1),
    )


def _memory_mb(process: psutil.Process) -> float:
    with suppress(psutil.Error):
        return float(round(process.memory_info().rss / MEBIBYTE, 1))
    return 0.0


def _topics(settings: Settings, found: tuple[ServerState, ...]) -> tuple[TopicState, ...]:
    local = {server.name: server.answers for server in found}
    if not local.get("kafka", True):
        return ()
    with suppress(StackError):
        return tuple(states(settings.bootstrap_servers))
    return ()


def _progress(bootstrap: str | None) -> dict[str, Any]:
    """Nothing where there is no broker to ask."""
    if bootstrap is not None:
        with suppress(StackError):
            return {"lags": tuple(lags(bootstrap)), "newest_event_ms": newest_event_ms(bootstrap)}
    return {}


def _cluster(settings: Settings) -> tuple[Slots | None, tuple[Job, ...]]:
    cluster = Cluster(settings.flink_address)
    with suppress(StackError):
        return cluster.slots(), tuple(cluster.jobs())
    return None, ()
