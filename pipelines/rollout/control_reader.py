"""The control topic, read from its beginning by every worker for itself.

Apart from its messages: those are written in the batch environment, too, which has no librdkafka.
"""

from collections.abc import Iterator
from typing import Final, Self

from confluent_kafka import OFFSET_BEGINNING, KafkaError, KafkaException, Message, TopicPartition

from pipelines.core.errors import StackError
from pipelines.core.kafka_clients import Silence, native_consumer, no_broker
from schemas.topics import MODELS

CONNECT_S: Final = 8.0
"""A broker that runs answers within that. Whoever waits for one that is starting tries again."""
POLL_S: Final = 0.2
AT_ONCE: Final = 100

Latest = dict[bytes | None, bytes | None]


class ControlReader:
    """Without a group: each reader sees all.

    Once the client has met an error, the reader is of no more use, and every call says so with a StackError: a new
    reader reads the topic anew, and misses nothing. A broker that stands still is no error; its messages come late.
    """

    def __init__(self, bootstrap: str) -> None:
        """Connects; raises StackError when no broker answers or the topic is missing."""
        self._bootstrap = bootstrap
        self._fault: KafkaError | None = None
        options = {"group.id": "eqm-models", "auto.offset.reset": "earliest", "enable.partition.eof": True}
        self._consumer = native_consumer(bootstrap, options | {"error_cb": self._failed})
        try:
            self._partitions = self._assigned()
        except BaseException:
            self._consumer.close()
            raise

    def latest(self) -> Latest:
        """Each key's last value up to the present end; raises StackError where nothing comes before that is reached."""
        found: Latest = {}
        left, read, silence = set(self._partitions), 0, Silence(self._bootstrap, MODELS.name)
        while left:
            silence.check((len(left), read))
            for message in self._consumed(POLL_S):
                if message.error() is None:
                    found[message.key()], read = message.value(), read + 1
                else:
                    left.discard(message.partition())
        return found

    def messages(self, timeout_s: float) -> Iterator[tuple[bytes | None, bytes | None]]:
        """What came since, within the time; raises StackError where no more can come."""
        for message in self._consumed(timeout_s):
            if message.error() is None:
                yield message.key(), message.value()

    def close(self) -> None:
        self._consumer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _consumed(self, timeout_s: float) -> list[Message]:
        """Messages, and ends of partitions as messages with an error."""
        found = self._consumer.consume(num_messages=AT_ONCE, timeout=timeout_s)
        for message in found:
            error = message.error()
            if error is not None and error.code() != KafkaError._PARTITION_EOF:
                self._failed(error)
        if self._fault is not None:
            raise StackError(f"{MODELS.name} at {self._bootstrap} cannot be followed: {self._fault.str()}")
        return found

    def _failed(self, fault: KafkaError) -> None:
        """Called while messages are waited for, in the thread that waits. The first error causes the others."""
        self._fault = self._fault or fault

    def _assigned(self) -> list[int]:
        try:
            found = self._consumer.list_topics(MODELS.name, timeout=CONNECT_S).topics[MODELS.name]
        except KafkaException as fault:
            raise no_broker(self._bootstrap) from fault
        if not found.partitions:
            raise StackError(f"no topic {MODELS.name} at {self._bootstrap}: `eqm up` makes it")
        self._consumer.assign([TopicPartition(MODELS.name, number, OFFSET_BEGINNING) for number in found.partitions])
        return list(found.partitions)
