"""Two partitions get a backlog, one before the other: nothing is late, and what is read ahead is bounded."""

import contextlib
import time
from collections.abc import Iterator

from confluent_kafka import Producer

from pipelines.core.flink_rest import Cluster
from pipelines.core.settings import Settings
from pipelines.streaming.submission import submit_features
from schemas.topics import READINGS
from tests.integration import streaming

START_MS = 1_735_689_600_000
BEGUN_MS = START_MS + 10_000
MINUTE_MS = 60_000
FIRST, SECOND = (0, 1, 31), (1, 4, 1000)
"""Partition, users, and milliseconds between two readings of a user."""
HOLD_S = 4
"""Longer than event time stands still after the first readings."""
IDLE_MS = 8000
MIB = 1 << 20


def send(settings: Settings, who: tuple[int, int, int], from_ms: int, until_ms: int) -> int:
    """The readings of a partition, in order; returns how many."""
    partition, users, step_ms = who
    options = {"bootstrap.servers": settings.bootstrap_servers, "queue.buffering.max.messages": 1_000_000}
    producer = Producer(options)
    times_ms = range(from_ms, until_ms, step_ms)
    for at_ms in times_ms:
        for user in range(users):
            key = b"user-%d-%d" % (partition, user)
            head = b'{"timestamp":%d,"user_id":"%b","sensor_id":"wrist","measurements":' % (at_ms, key)
            producer.produce(
                READINGS.name, head + b'{"hr":61,"gsr":2,"acc_x":0.1,"acc_y":0.2,"acc_z":0.9}}', key, partition
            )
        producer.poll(0)
    producer.flush()
    return users * len(times_ms)


@contextlib.contextmanager
def begun(stack: Settings, *, idle_ms: int) -> Iterator[tuple[Settings, str, int]]:
    """A features job that has taken a few readings of both partitions: its settings and id, and how many.

    Its workers may still be starting. Until they are there, the longer backlog is held up, and the other waits for it.
    """
    settings = stack.model_copy(update={"parallelism": 2, "partitions": 2, "checkpoint_ms": 500, "idle_ms": idle_ms})
    streaming.fresh(settings)
    job = submit_features(settings)
    try:
        sent = sum(send(settings, who, START_MS, BEGUN_MS) for who in (FIRST, SECOND))
        placed(settings, sent)
        yield settings, job, sent
    finally:
        Cluster(settings.flink_address).cancel(job)


def placed(settings: Settings, sent: int) -> None:
    """Waits until all readings are placed, and checks that all are used."""
    streaming.wait(lambda: streaming.placed(settings).total() == sent)
    assert streaming.placed(settings)["used"] == sent


def test_a_partition_that_comes_back_second_is_not_left_behind(stack: Settings) -> None:
    """Both have counted as idle. Where all were then, the second had not been: it must get there, to count again."""
    with begun(stack, idle_ms=IDLE_MS) as (settings, _, sent):
        time.sleep(IDLE_MS / 1000 + HOLD_S)
        middle_ms, end_ms = BEGUN_MS + 5 * MINUTE_MS, BEGUN_MS + 10 * MINUTE_MS
        sent += send(settings, FIRST, BEGUN_MS, end_ms) + send(settings, SECOND, BEGUN_MS, middle_ms)
        time.sleep(HOLD_S)
        sent += send(settings, SECOND, middle_ms, end_ms)
        placed(settings, sent)


def test_state_does_not_grow_with_a_backlog(stack: Settings) -> None:
    """The first would be read to its end at once, and its 232,000 readings would wait in 5 MiB of open windows."""
    with begun(stack, idle_ms=10 * MINUTE_MS) as (settings, job, sent):
        time.sleep(HOLD_S)
        sent += sum(send(settings, who, BEGUN_MS, BEGUN_MS + 120 * MINUTE_MS) for who in (FIRST, SECOND))
        placed(settings, sent)
        assert Cluster(settings.flink_address).checkpoints(job)["summary"]["state_size"]["max"] < 3 * MIB
