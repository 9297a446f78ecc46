"""Stretches of offsets of a topic, as the broker holds them, and their messages."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord
from kafka.errors import OffsetOutOfRangeError

from pipelines.core import kafka_clients
from pipelines.core.errors import InputError, StackError
from pipelines.core.kafka_clients import Silence, clear_errors
from pipelines.core.topic_reader import up_to

Ranges = Mapping[int, tuple[int, int]]
"""Partition to its first offset, and the one behind its last."""


@dataclass(frozen=True)
class OffsetChunk:
    """Some offsets of one partition, `end` not among them."""

    partition: int
    first: int
    end: int

    @property
    def name(self) -> str:
        """Sorts by partition and offset.

        >>> OffsetChunk(3, 100, 200).name
        '0003-000000000000100'
        """
        return f"{self.partition:04d}-{self.first:015d}"


def held_offsets(bootstrap: str, topic: str) -> dict[int, tuple[int, int]]:
    """What the broker holds of the topic now, committed; raises StackError where it does not answer."""
    with _consumer(bootstrap) as consumer:
        partitions = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic) or ())]
        if not partitions:
            raise StackError(f"no topic {topic} at {bootstrap}: `eqm up` makes it")
        first, end = consumer.beginning_offsets(partitions), consumer.end_offsets(partitions)
        return {place.partition: (first[place], end[place]) for place in partitions}


def check_held(topic: str, asked: Ranges, held: Ranges) -> None:
    """Raises InputError where the broker has not all of what is asked."""
    for partition, (first, end) in asked.items():
        if partition not in held:
            raise InputError(f"{topic} has no partition {partition}: it has {', '.join(map(str, held))}")
        oldest, behind = held[partition]
        if first < oldest:
            raise _deleted(topic, partition, first, oldest)
        if end > behind:
            raise InputError(f"{topic}, partition {partition}: {end} is behind its end {behind}: ask for less")


def chunks(asked: Ranges, *, at_once: int) -> list[OffsetChunk]:
    """The ranges in chunks of at most so many offsets.

    >>> [chunk.end for chunk in chunks({0: (5, 25)}, at_once=8)]
    [13, 21, 25]
    """
    return [
        OffsetChunk(partition, start, min(start + at_once, end))
        for partition, (first, end) in sorted(asked.items())
        for start in range(first, end, at_once)
    ]


def messages(bootstrap: str, topic: str, chunk: OffsetChunk) -> Iterator[ConsumerRecord]:
    """The chunk's committed messages, in order.

    Raises InputError where some have been deleted, and StackError where the broker falls silent before the end.
    """
    place = TopicPartition(topic, chunk.partition)
    with _consumer(bootstrap) as consumer:
        consumer.assign([place])
        consumer.seek(place, chunk.first)
        unread = chunk.first
        try:
            for message in up_to(consumer, {place: chunk.end}, Silence(bootstrap, topic)):
                unread = message.offset + 1
                if message.offset < chunk.end:
                    yield message
        except OffsetOutOfRangeError:
            oldest = consumer.beginning_offsets([place])[place]
            raise _deleted(topic, chunk.partition, unread, oldest) from None


def _deleted(topic: str, partition: int, first: int, oldest: int) -> InputError:
    lost = f"{topic}, partition {partition}: offsets {first} to {oldest - 1} have been deleted by retention"
    return InputError(f"{lost}: ask from {oldest} on, and recompute older days from the archive")


@contextmanager
def _consumer(bootstrap: str) -> Iterator[KafkaConsumer]:
    consumer = kafka_clients.consumer(bootstrap, enable_auto_commit=False, auto_offset_reset="none")
    with clear_errors(bootstrap), consumer:
        yield consumer
