"""A topic's committed messages, from its beginning to its present end."""

from collections.abc import Iterator

from kafka import TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from pipelines.core import kafka_clients
from pipelines.core.errors import StackError


def committed(bootstrap: str, topic: str) -> Iterator[ConsumerRecord]:
    """What a reader of committed data sees, partition by partition in order; transaction markers are not among it."""
    with kafka_clients.consumer(bootstrap, enable_auto_commit=False) as consumer:
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        if not partitions:
            raise StackError(f"no topic {topic} at {bootstrap}: `eqm up` makes it")
        consumer.assign(partitions)
        consumer.seek_to_beginning()
        ends = consumer.end_offsets(partitions)
        while any(consumer.position(partition) < ends[partition] for partition in partitions):
            for messages in consumer.poll(timeout_ms=500).values():
                yield from messages
