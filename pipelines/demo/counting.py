"""Where every reading ended, counted where it stands: archive, quarantine, topics, offline store."""

import time
from collections.abc import Callable
from pathlib import Path

import pyarrow.dataset as ds
from kafka import KafkaConsumer, TopicPartition

from pipelines import archive
from pipelines.errors import StackError
from pipelines.jobs import archive_folder, features_folder
from pipelines.settings import Settings
from schemas.topics import QUARANTINE

POLL_S = 0.5


def committed_messages(bootstrap: str, topic: str) -> int:
    """Messages that a reader of committed data sees; transaction markers do not count."""
    with KafkaConsumer(
        bootstrap_servers=bootstrap, isolation_level="read_committed", consumer_timeout_ms=5_000
    ) as consumer:
        places = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        consumer.assign(places)
        consumer.seek_to_beginning()
        ends = consumer.end_offsets(places)
        seen = 0
        while any(consumer.position(place) < ends[place] for place in places):
            seen += sum(len(messages) for messages in consumer.poll(timeout_ms=500).values())
        return seen


def readings_placed(settings: Settings) -> dict[str, int]:
    """Readings used, late and quarantined so far."""
    used, late = archive.counts(archive_folder(settings))
    return {
        "used": used,
        "late": late,
        "quarantined": committed_messages(settings.bootstrap_servers, QUARANTINE.name),
    }


def feature_rows(settings: Settings) -> int:
    """Rows in the offline store."""
    folder: Path = features_folder(settings)
    return int(ds.dataset(folder, format="parquet", partitioning="hive").count_rows()) if folder.is_dir() else 0


def wait_for(reached: Callable[[], bool], what: str, *, timeout_s: float, check: Callable[[], None]) -> None:
    """Waits until it is so; `check` is asked meanwhile and raises when waiting has become pointless."""
    end_s = time.monotonic() + timeout_s
    while not reached():
        check()
        if time.monotonic() > end_s:
            raise StackError(f"{what}: not within {timeout_s:.0f} s; look at `eqm status` and the logs")
        time.sleep(POLL_S)
