"""The status for a terminal."""

from collections.abc import Iterator

from rich.table import Column, Table

from pipelines.core.flink_rest import Slots
from pipelines.stack.status import ServerState, Status


def parts(found: Status) -> Iterator[Table | str]:
    """Servers, topics, jobs and feature store; a part that does not answer is one line."""
    yield _servers(found)
    yield f"Kafka at {_several(found.bootstrap)}" + ("" if found.topics else ": does not answer")
    if found.topics:
        yield _topics(found)
    yield f"Flink at {_several(found.flink)}" + (_free(found.slots) if found.slots else ": does not answer")
    if found.jobs:
        yield _jobs(found)
    yield f"Feast ({found.feast_profile}): {'applied' if found.feast_applied else 'not applied'}"
    yield "up" if found.is_up else "not up: run `eqm up`"


def _several(addresses: str) -> str:
    """So that lines can end between them."""
    return addresses.replace(",", ", ")


def _servers(found: Status) -> Table:
    table = Table("server", "pid", "port", "up for", "memory", "Python workers")
    for server in found.servers:
        table.add_row(server.name, *_figures(server))
    return table


def _figures(server: ServerState) -> tuple[str, str, str, str, str]:
    if server.pid is None:
        return "down", str(server.port), "", "", ""
    uptime = f"{server.uptime_s:.0f} s" if server.answers else "does not answer"
    workers = f"{server.workers} ({server.workers_memory_mb:.0f} MiB)" if server.workers else ""
    return str(server.pid), str(server.port), uptime, f"{server.memory_mb:.0f} MiB", workers


def _topics(found: Status) -> Table:
    table = Table("topic", "partitions", "end offset")
    for topic in found.topics:
        table.add_row(topic.name, str(topic.partitions or "missing"), str(topic.end_offset))
    return table


def _free(slots: Slots) -> str:
    return f": {slots.free} of {slots.total} slots free"


def _jobs(found: Status) -> Table:
    table = Table("job", Column("id", no_wrap=True), "state", "running for")
    for job in found.jobs:
        table.add_row(job.name, job.id, job.state, f"{job.duration_s:.0f} s")
    return table
