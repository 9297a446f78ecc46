"""How far our jobs are behind what was sent, and how new the newest event is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from kafka import KafkaConsumer, TopicPartition
from kafka.admin import OffsetSpec

from pipelines.core import kafka_clients
from pipelines.core.kafka_clients import admin, clear_errors
from schemas.topics import EMOTIONS, READERS

LAST: Final = 64
"""Messages looked at, of each partition: behind the last event stand the marks of transactions."""
LOOK_MS: Final = 500
LOOKS: Final = 4


@dataclass(frozen=True)
class GroupLag:
    """What a consumer group has not read of a topic, as of its last commit: a job commits with each checkpoint."""

    topic: str
    group: str
    by_partition: tuple[int, ...]
    """Messages, of each partition in order."""

    @property
    def total(self) -> int:
        return sum(self.by_partition)


def lags(bootstrap: str) -> list[GroupLag]:
    """Of the groups that have ever committed; where one has committed nothing, it has all of the partition to read.

    Raises StackError where the broker does not answer.
    """
    with admin(bootstrap) as client:
        committed = {group: found for group, found in client.list_group_offsets(list(READERS)).items() if found}
        described = client.describe_topics([READERS[group].name for group in committed]) if committed else []
        places = [
            TopicPartition(each["name"], number) for each in described for number in range(len(each["partitions"]))
        ]
        ends = client.list_partition_offsets(dict.fromkeys(places, OffsetSpec.LATEST)) if places else {}
    return [
        GroupLag(
            topic.name,
            group,
            tuple(_behind(ends, committed[group], place) for place in places if place.topic == topic.name),
        )
        for group, topic in READERS.items()
        if group in committed
    ]


def _behind(ends: Mapping[TopicPartition, Any], committed: Mapping[TopicPartition, Any], place: TopicPartition) -> int:
    reached = committed[place].offset if place in committed else 0
    return max(int(ends[place].offset) - reached, 0)


def newest_event_ms(bootstrap: str) -> int | None:
    """Event time of the newest committed emotion event, its window's end; None where there is none.

    It is looked for among the last messages of each partition. Raises StackError where the broker does not answer.
    """
    consumer = kafka_clients.consumer(bootstrap, enable_auto_commit=False, auto_offset_reset="earliest")
    with clear_errors(bootstrap), consumer:
        places = [
            TopicPartition(EMOTIONS.name, number) for number in consumer.partitions_for_topic(EMOTIONS.name) or ()
        ]
        if not places:
            return None
        begins, ends = consumer.beginning_offsets(places), consumer.end_offsets(places)
        consumer.assign(places)
        for place in places:
            consumer.seek(place, max(begins[place], ends[place] - LAST))
        return _newest_ms(consumer, ends)


def _newest_ms(consumer: KafkaConsumer, ends: Mapping[TopicPartition, int]) -> int | None:
    found: list[int] = []
    for _ in range(LOOKS):
        for messages in consumer.poll(timeout_ms=LOOK_MS).values():
            found += [message.timestamp for message in messages]
        if all(consumer.position(place) >= end for place, end in ends.items()):
            break
    return max(found, default=None)
