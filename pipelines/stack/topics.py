"""The topics on a broker: made once, counted for the status."""

from dataclasses import dataclass

from kafka import TopicPartition
from kafka.admin import OffsetSpec

from pipelines.core.kafka_clients import admin
from schemas.topics import TOPICS, Topic


@dataclass(frozen=True)
class TopicState:
    """A topic as the broker holds it."""

    name: str
    partitions: int
    """0: the broker does not have it."""
    end_offset: int
    """Sum over its partitions; transaction markers count."""


def make(bootstrap: str, *, partitions: int) -> list[str]:
    """Makes the topics that are not there, and waits until they can be used. Returns their names."""
    with admin(bootstrap) as client:
        present = set(client.list_topics())
        missing = [topic for topic in TOPICS if topic.name not in present]
        if missing:
            client.create_topics({topic.name: _options(topic, partitions) for topic in missing}, wait_for_metadata=True)
        return [topic.name for topic in missing]


def states(bootstrap: str) -> list[TopicState]:
    """All our topics, missing ones with no partitions."""
    with admin(bootstrap) as client:
        described = client.describe_topics([topic.name for topic in TOPICS])
        counts = {found["name"]: len(found["partitions"]) for found in described if not found["error_code"]}
        wanted = {
            TopicPartition(name, partition): OffsetSpec.LATEST
            for name, count in counts.items()
            for partition in range(count)
        }
        ends = client.list_partition_offsets(wanted) if wanted else {}
    sums = dict.fromkeys(counts, 0)
    for place, found in ends.items():
        sums[place.topic] += found.offset
    return [TopicState(topic.name, counts.get(topic.name, 0), sums.get(topic.name, 0)) for topic in TOPICS]


def _options(topic: Topic, partitions: int) -> dict[str, object]:
    return {"num_partitions": partitions, "configs": topic.config}
