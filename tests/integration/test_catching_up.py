"""A backlog whose partitions have different numbers of users: what is read ahead of the others is bounded."""

from confluent_kafka import Producer

from pipelines.settings import Settings
from pipelines.stack.rest import Cluster
from schemas.topics import READINGS
from tests.integration import streaming

START_MS = 1_735_689_600_000
DURATION_MS = 7_200_000
USERS_BY_PARTITION = (1, 16)
STEPS_MS = (250, 1000)
"""Between two readings of a user of either partition."""
MIB = 1 << 20


def send(settings: Settings, partition: int) -> int:
    """The readings of all users of a partition, in order; returns how many."""
    users, sent = range(USERS_BY_PARTITION[partition]), 0
    options = {"bootstrap.servers": settings.bootstrap_servers, "queue.buffering.max.messages": 1_000_000}
    producer = Producer(options)
    for at_ms in range(START_MS, START_MS + DURATION_MS, STEPS_MS[partition]):
        for user in users:
            key = b"user-%d-%d" % (partition, user)
            value = b'{"timestamp":%d,"user_id":"%b","sensor_id":"wrist","measurements":{"hr":61,"gsr":2,"temp":33,' % (
                at_ms,
                key,
            )
            producer.produce(READINGS.name, value + b'"acc_x":0.1,"acc_y":0.2,"acc_z":0.9}}', key, partition)
            sent += 1
        producer.poll(0)
    producer.flush()
    return sent


def test_state_does_not_grow_with_a_backlog(stack: Settings) -> None:
    """The light partition would be read to its end at once: 28,800 readings, 3 MiB, in open windows."""
    settings = stack.model_copy(update={"parallelism": 2, "checkpoint_ms": 500})
    streaming.fresh(settings)
    sent = sum(send(settings, partition) for partition in range(len(USERS_BY_PARTITION)))
    job = streaming.computed(settings)
    sizes = Cluster(settings.flink_address).checkpoints(job)["summary"]["state_size"]
    assert streaming.placed(settings) == {"used": sent, "late": 0, "quarantined": 0}
    print(sizes)
    assert sizes["max"] < 1 * MIB
