"""A broker that is killed, or stands still, while topics are read to their end: one line each, within ten seconds."""

import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from confluent_kafka import OFFSET_BEGINNING, TopicPartition

from pipelines.batch.topic_range import OffsetChunk, held_offsets, messages
from pipelines.core import kafka_clients
from pipelines.core.errors import StackError
from pipelines.core.topic_reader import committed
from pipelines.rollout.control_reader import ControlReader
from pipelines.serving.client import EmotionConsumer
from schemas.topics import EMOTIONS, MODELS
from tests.integration.lone_broker import LoneBroker
from tests.unit.serving.test_client import event

PATIENCE_S = 10
START_S = 30
COUNT = 12_000
"""Events of some kilobyte each: several fetches of every partition."""

Read = Callable[[str, Callable[[], None]], None]
"""Reads from the broker to an end; calls the function once it has begun."""


def read_topic(bootstrap: str, begun: Callable[[], None]) -> None:
    pull(committed(bootstrap, EMOTIONS.name), begun)


def read_range(bootstrap: str, begun: Callable[[], None]) -> None:
    first, end = held_offsets(bootstrap, EMOTIONS.name)[0]
    pull(messages(bootstrap, EMOTIONS.name, OffsetChunk(0, first, end)), begun)


def read_events(bootstrap: str, begun: Callable[[], None]) -> None:
    with EmotionConsumer(bootstrap, from_start=True) as consumer:
        pull(consumer.events(to_end=True), begun)


def read_controls(bootstrap: str, begun: Callable[[], None]) -> None:
    with ControlReader(bootstrap) as reader:
        assert reader.latest() == {}
        begun()
        partitions = [TopicPartition(MODELS.name, number, OFFSET_BEGINNING) for number in reader._partitions]
        reader._consumer.assign(partitions)
        reader.latest()


def connect(bootstrap: str, begun: Callable[[], None]) -> None:
    begun()
    EmotionConsumer(bootstrap).close()


def leave_group(bootstrap: str, begun: Callable[[], None]) -> None:
    """Whose last commit is not taken: that is no error, events only come again. What it says is made up here."""
    group = f"leaving-at-{time.monotonic()}"
    with EmotionConsumer(bootstrap, group=group, from_start=True) as consumer:
        assert consumer.next_event(START_S) is not None
        begun()
    raise StackError(f"left {bootstrap}")


READS: list[Read] = [read_topic, read_range, read_events, read_controls, connect, leave_group]


def pull(records: Iterator[object], begun: Callable[[], None]) -> None:
    next(records)
    begun()
    for _ in records:
        pass


@pytest.fixture(scope="module")
def broker(lone_broker: LoneBroker) -> LoneBroker:
    lone_broker.empty_topics()
    producer = kafka_clients.producer(lone_broker.bootstrap)
    for number in range(COUNT):
        each = event(f"user-{number % 40}", number)
        producer.send(EMOTIONS.name, key=each.user_id.encode(), value=each.model_dump_json().encode())
    producer.flush()
    producer.close()
    return lone_broker


@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGKILL])
def test_whoever_reads_to_an_end_says_so(broker: LoneBroker, number: signal.Signals) -> None:
    """All at once: each waits for an answer that does not come."""
    struck_s: list[float] = []

    def strike() -> None:
        broker.strike(number)
        struck_s.append(time.monotonic())

    begun = Barrier(len(READS), strike, START_S)

    def told(read: Read) -> tuple[str, float]:
        with pytest.raises(StackError) as fault:
            read(broker.bootstrap, lambda: begun.wait() and None)
        return str(fault.value), time.monotonic()

    with broker.struck(number), ThreadPoolExecutor(len(READS)) as readers:
        said = list(readers.map(told, READS))
    for read, (line, at_s) in zip(READS, said, strict=True):
        assert at_s - struck_s[0] < PATIENCE_S, read.__name__
        assert broker.bootstrap in line, read.__name__
        assert "\n" not in line, read.__name__
