"""The control topic, read from its beginning by every worker for itself.

Apart from its messages: those are written in the batch environment, too, which has no librdkafka.
"""

import time
from collections.abc import Iterator
from typing import Final, Self

from confluent_kafka import OFFSET_BEGINNING, KafkaError, KafkaException, TopicPartition

from pipelines.core.errors import StackError
from pipelines.core.kafka_clients import native_consumer, no_broker
from schemas.topics import MODELS

CONNECT_S: Final = 30.0
"""A broker that is starting answers within that."""

Latest = dict[bytes | None, bytes | None]


class ControlReader:
    """Without a group: each reader sees all. While the broker is away, nothing comes; then it goes on where it was."""

    def __init__(self, bootstrap: str) -> None:
        """Connects; raises StackError when no broker answers or the topic is missing."""
        self._bootstrap = bootstrap
        options = {"group.id": "eqm-models", "auto.offset.reset": "earliest", "enable.partition.eof": True}
        self._consumer = native_consumer(bootstrap, options)
        try:
            self._partitions = self._assigned()
        except BaseException:
            self._consumer.close()
            raise

    def latest(self) -> Latest:
        """Each key's last value up to the present end; raises StackError where that is not reached in time."""
        found: Latest = {}
        left, end_s = set(self._partitions), time.monotonic() + CONNECT_S
        while left:
            if time.monotonic() > end_s:
                raise StackError(f"{MODELS.name} at {self._bootstrap} cannot be read to its end: look at the broker")
            for message in self._consumer.consume(num_messages=100, timeout=0.2):
                error = message.error()
                if error is None:
                    found[message.key()] = message.value()
                elif error.code() == KafkaError._PARTITION_EOF:
                    left.discard(message.partition())
        return found

    def messages(self, timeout_s: float) -> Iterator[tuple[bytes | None, bytes | None]]:
        """What came since, within the time."""
        for message in self._consumer.consume(num_messages=100, timeout=timeout_s):
            if message.error() is None:
                yield message.key(), message.value()

    def close(self) -> None:
        self._consumer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _assigned(self) -> list[int]:
        try:
            found = self._consumer.list_topics(MODELS.name, timeout=CONNECT_S).topics[MODELS.name]
        except KafkaException as fault:
            raise no_broker(self._bootstrap) from fault
        if not found.partitions:
            raise StackError(f"no topic {MODELS.name} at {self._bootstrap}: `eqm up` makes it")
        self._consumer.assign([TopicPartition(MODELS.name, number, OFFSET_BEGINNING) for number in found.partitions])
        return list(found.partitions)
