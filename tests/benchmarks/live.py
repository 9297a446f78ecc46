"""The stream job at work."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from confluent_kafka import Consumer, TopicPartition
from orjson import loads

from pipelines.core.flink_rest import Cluster
from pipelines.core.settings import Settings
from pipelines.streaming.submission import submit_stream
from schemas.topics import READINGS
from tests.benchmarks.closing import Arrived
from tests.integration import streaming

START_S = 120
AT_ONCE = 10_000


@contextmanager
def at_work(settings: Settings, bundle: Path) -> Iterator[str]:
    """Empty topics, and the stream job running on them until the block ends; its id."""
    streaming.fresh(settings)
    with ended(settings, submit_stream(settings, bundle)) as job:
        yield job


@contextmanager
def ended(settings: Settings, job: str) -> Iterator[str]:
    """A job that runs, cancelled when the block ends; one that does not run is left for the cluster to tell why."""
    cluster = Cluster(settings.flink_address)
    cluster.wait(job, frozenset({"RUNNING"}), timeout_s=START_S)
    try:
        yield job
    finally:
        cluster.cancel(job)


def arrived(settings: Settings) -> list[Arrived]:
    """The readings of every partition, none of which a benchmark's load makes unfit."""
    consumer = Consumer({"bootstrap.servers": settings.bootstrap_servers, "group.id": "bench-readings"})
    try:
        partitions = consumer.list_topics(READINGS.name, timeout=10).topics[READINGS.name].partitions
        return [_partition(consumer, TopicPartition(READINGS.name, each, 0)) for each in sorted(partitions)]
    finally:
        consumer.close()


def _partition(consumer: Consumer, partition: TopicPartition) -> Arrived:
    end = consumer.get_watermark_offsets(partition, timeout=10)[1]
    consumer.assign([partition])
    rows: list[tuple[int, int]] = []
    while len(rows) < end:
        rows += [(loads(each.value())["timestamp"], each.timestamp()[1]) for each in consumer.consume(AT_ONCE, 0.5)]
    event_ms, append_ms = np.array(rows, dtype=np.int64).reshape(-1, 2).T
    return Arrived(event_ms, append_ms)
