"""Replay into the broker: paced, keyed by user, with every message acknowledged."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from confluent_kafka import KafkaError, KafkaException, Message

from pipelines.core.errors import StackError
from pipelines.core.kafka_clients import native_producer, no_broker
from pipelines.replay.faults import Message as Due
from pipelines.replay.messages import due_s
from schemas.records import Label

CONNECT_S: Final = 5
FLUSH_S: Final = 60
WAIT_S: Final = 0.1
REPORT_EVERY: Final = 1_000

Progress = Callable[[int], None]
"""Called now and then with the number of messages sent."""


class Publisher:
    """An idempotent producer: what it was given is stored once, in order, or `flush` raises StackError.

    It is librdkafka's, and not the client's of programs downstream: docs/decisions/0004-replay-through-librdkafka.md.

    Keys choose partitions as Kafka's own clients do, so that a user's messages stay in one partition.
    """

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._fault: KafkaError | None = None
        self._producer = native_producer(
            bootstrap,
            {
                "enable.idempotence": True,
                "linger.ms": 20,
                "queue.buffering.max.messages": 100_000,
                "message.timeout.ms": FLUSH_S * 1000,
                "delivery.report.only.error": True,
                "on_delivery": self._delivered,
            },
        )
        try:
            self._producer.list_topics(timeout=CONNECT_S)
        except KafkaException as fault:
            raise no_broker(bootstrap) from fault

    def send(self, topic: str, key: bytes | None, value: bytes | None) -> None:
        """Queues a message; waits while the queue is full. Raises StackError where one before was not taken.

        So a replay at the pace of life ends soon after its broker, and not when its queue is full, hours later.
        """
        while not self._queued(topic, key, value):
            self._producer.poll(WAIT_S)
            self._raise_fault()
        self._producer.poll(0)
        self._raise_fault()

    def flush(self) -> None:
        """Waits until everything is acknowledged."""
        left = self._producer.flush(FLUSH_S)
        self._raise_fault()
        if left:
            raise StackError(f"the broker at {self._bootstrap} did not take {left} messages within {FLUSH_S} s")

    def _queued(self, topic: str, key: bytes | None, value: bytes | None) -> bool:
        try:
            self._producer.produce(topic, value, key)
        except BufferError:
            return False
        except KafkaException as fault:
            raise StackError(f"the broker at {self._bootstrap} did not take the messages: {fault}") from fault
        return True

    def _delivered(self, fault: KafkaError | None, _: Message) -> None:
        self._fault = self._fault or fault

    def _raise_fault(self) -> None:
        if self._fault is not None:
            raise StackError(f"the broker at {self._bootstrap} did not take the messages: {self._fault.str()}")


@contextmanager
def publisher(bootstrap: str) -> Iterator[Publisher]:
    """A publisher whose messages are all acknowledged when the block ends without an error."""
    client = Publisher(bootstrap)
    yield client
    client.flush()


def publish_readings(
    client: Publisher, topic: str, messages: Iterable[Due], *, speed: float, progress: Progress
) -> int:
    """Sends messages when due; `speed` is event seconds per second, infinity: at once. Returns how many."""
    sent = 0
    first_ms: int | None = None
    started_s = time.monotonic()
    for key, due_ms, _, value in messages:
        first_ms = due_ms if first_ms is None else first_ms
        _wait(started_s + due_s(due_ms, first_ms=first_ms, speed=speed) - time.monotonic())
        client.send(topic, key, value)
        sent += 1
        if sent % REPORT_EVERY == 0:
            progress(sent)
    client.flush()
    progress(sent)
    return sent


def _wait(seconds: float) -> None:
    if seconds > 0:
        time.sleep(seconds)


def publish_labels(client: Publisher, topic: str, labels: Iterable[Label]) -> int:
    """Sends labels, keyed by user. Returns how many."""
    sent = 0
    for label in labels:
        client.send(topic, label.user_id.encode(), label.model_dump_json().encode())
        sent += 1
    client.flush()
    return sent
