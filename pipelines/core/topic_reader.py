"""A topic's committed messages, from its beginning to its present end."""

from collections.abc import Iterator, Mapping
from typing import Final

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from pipelines.core import kafka_clients
from pipelines.core.errors import StackError
from pipelines.core.kafka_clients import CONNECT_MS, Silence, clear_errors, no_broker

POLL_MS: Final = 500
PLACE_MS: Final = 100
"""How long a place is waited for that the consumer has to ask for: the first one."""


def committed(bootstrap: str, topic: str) -> Iterator[ConsumerRecord]:
    """What a reader of committed data sees, partition by partition in order; transaction markers are not among it.

    The end is where it was when the reading began. Raises StackError where there is no such topic, and within ten
    seconds where the broker falls silent before the end.
    """
    # Messages that retention deletes meanwhile are gone; those behind them must not be skipped as well.
    consumer = kafka_clients.consumer(bootstrap, enable_auto_commit=False, auto_offset_reset="earliest")
    with clear_errors(bootstrap), consumer:
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        if not partitions:
            raise StackError(f"no topic {topic} at {bootstrap}: `eqm up` makes it")
        consumer.assign(partitions)
        consumer.seek_to_beginning()
        yield from up_to(consumer, consumer.end_offsets(partitions), Silence(bootstrap, topic))


def assign_all(consumer: KafkaConsumer, bootstrap: str, topic: str) -> list[TopicPartition]:
    """Gives the consumer all partitions of a topic, and returns them once it knows where it stands in each.

    Raises StackError where there is no such topic, or the broker does not say.
    """
    with clear_errors(bootstrap):
        partitions = partitions_of(consumer, bootstrap, topic)
        consumer.assign(partitions)
        for partition in partitions:
            if consumer.position(partition, timeout_ms=CONNECT_MS) is None:
                raise no_broker(bootstrap)
        return partitions


def partitions_of(consumer: KafkaConsumer, bootstrap: str, topic: str) -> list[TopicPartition]:
    """A topic's partitions in order; raises StackError where there is no such topic."""
    numbers = consumer.partitions_for_topic(topic)
    if not numbers:
        raise StackError(f"the broker at {bootstrap} has no topic {topic}: run `eqm up`")
    return [TopicPartition(topic, number) for number in sorted(numbers)]


def up_to(consumer: KafkaConsumer, ends: Mapping[TopicPartition, int], silence: Silence) -> Iterator[ConsumerRecord]:
    """What the consumer gives from where it stands until it has passed all of these offsets, and maybe more.

    Raises StackError where it stands still for too long before that.
    """
    while (reached := positions(consumer, ends)) is None or any(reached[place] < end for place, end in ends.items()):
        silence.check(reached)
        for messages in consumer.poll(timeout_ms=POLL_MS).values():
            yield from messages


def positions(consumer: KafkaConsumer, places: Mapping[TopicPartition, int]) -> dict[TopicPartition, int] | None:
    """Where the consumer stands; None where it does not know yet."""
    found = {place: consumer.position(place, timeout_ms=PLACE_MS) for place in places}
    return None if None in found.values() else found
