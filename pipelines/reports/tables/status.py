"""The status for a terminal."""

import time
from collections.abc import Iterator

from rich.table import Column, Table

from pipelines.core.flink_rest import Slots
from pipelines.reports.tables.watch import age, instant
from pipelines.stack.lag import GroupLag
from pipelines.stack.status import ServerState, Status

MOST_PARTITIONS = 3
"""Of a topic's partitions, those farthest behind are named."""


def parts(found: Status) -> Iterator[Table | str]:
    """Servers, topics, how far our jobs have read, jobs and feature store; a part that does not answer is one line."""
    yield _servers(found)
    yield f"Kafka at {_several(found.bootstrap)}" + ("" if found.topics else ": does not answer")
    if found.topics:
        yield _topics(found)
    yield from map(_lag, found.lags)
    if found.newest_event_ms is not None:
        yield _newest_event(found.newest_event_ms)
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


def _lag(lag: GroupLag) -> str:
    """
    >>> _lag(GroupLag("eqm.readings.v1", "eqm-features", (0, 1200, 34)))
    'eqm-features is 1,234 messages behind on eqm.readings.v1 (partition 1: 1,200, 2: 34)'
    >>> _lag(GroupLag("eqm.readings.v1", "eqm-features", (0, 0)))
    'eqm-features has read all of eqm.readings.v1, as of its last checkpoint'
    """
    behind = sorted(((count, number) for number, count in enumerate(lag.by_partition) if count), reverse=True)
    if not behind:
        return f"{lag.group} has read all of {lag.topic}, as of its last checkpoint"
    listed = ", ".join(f"{number}: {count:,}" for count, number in behind[:MOST_PARTITIONS])
    more = f" and {len(behind) - MOST_PARTITIONS} more" if len(behind) > MOST_PARTITIONS else ""
    return f"{lag.group} is {lag.total:,} messages behind on {lag.topic} (partition {listed}{more})"


def _newest_event(event_ms: int) -> str:
    return f"newest event: window ended {instant(event_ms)} UTC, {age(time.time_ns() // 1_000_000 - event_ms)} ago"


def _free(slots: Slots) -> str:
    return f": {slots.free} of {slots.total} slots free"


def _jobs(found: Status) -> Table:
    table = Table("job", Column("id", no_wrap=True), "state", "running for")
    for job in found.jobs:
        table.add_row(job.name, job.id, job.state, f"{job.duration_s:.0f} s")
    return table
