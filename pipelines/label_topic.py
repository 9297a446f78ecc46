"""The labels topic, read from its beginning to its present end."""

from collections import defaultdict

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from pipelines.errors import StackError
from schemas.records import Label


def read_labels(bootstrap: str, topic: str) -> dict[str, list[Label]]:
    """All labels by user; the same label sent twice is there once."""
    try:
        consumer = KafkaConsumer(
            bootstrap_servers=bootstrap, enable_auto_commit=False, isolation_level="read_committed"
        )
    except KafkaError as fault:
        raise StackError(f"no broker answers at {bootstrap}: start one with `eqm up`, or set EQM_BOOTSTRAP") from fault
    with consumer:
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        if not partitions:
            raise StackError(f"no topic {topic} at {bootstrap}: `eqm up` makes it")
        return _drained(consumer, partitions)


def _drained(consumer: KafkaConsumer, partitions: list[TopicPartition]) -> dict[str, list[Label]]:
    consumer.assign(partitions)
    consumer.seek_to_beginning()
    ends = consumer.end_offsets(partitions)
    found: dict[Label, None] = {}
    while any(consumer.position(partition) < ends[partition] for partition in partitions):
        for messages in consumer.poll(timeout_ms=500).values():
            found.update({Label.model_validate_json(message.value): None for message in messages})
    by_user: dict[str, list[Label]] = defaultdict(list)
    for label in found:
        by_user[label.user_id].append(label)
    return dict(by_user)
