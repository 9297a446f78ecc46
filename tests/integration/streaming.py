"""Running the jobs on a real stack, and reading what they committed."""

import contextlib
import json
import math
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from feature_repo import store
from pipelines.archive import reader as archive
from pipelines.core.flink_rest import Cluster
from pipelines.core.settings import Settings
from pipelines.core.topic_reader import committed as read_committed
from pipelines.demo.counting import feature_rows
from pipelines.features.record_lines import feature_lines
from pipelines.features.records import parse_feature_record
from pipelines.replay.faults import FaultCounts, Faults
from pipelines.replay.people import replay
from pipelines.sources.recording import Recording
from pipelines.stack import topics
from pipelines.streaming.submission import submit_emotions, submit_features, submit_stream
from schemas.topics import EMOTIONS, FEATURES, QUARANTINE, TOPICS

Records = dict[tuple[str, int], dict[str, Any]]
"""By user and window start."""

FINISHED = frozenset({"FINISHED"})
PATIENCE_S = 400
SETTLE_S = 1.0


def fresh(settings: Settings) -> None:
    """Empty topics, archive and feature store."""
    with topics.admin(settings.bootstrap_servers) as client:
        forget(client)
    topics.make(settings.bootstrap_servers, partitions=settings.partitions)
    shutil.rmtree(settings.archive_folder, ignore_errors=True)
    shutil.rmtree(settings.feast_folder, ignore_errors=True)
    store.apply(settings.feast_profile, settings.feast_folder, settings.redis_url or None)


def forget(client: KafkaAdminClient) -> None:
    """Deletes our topics and groups, and waits until they are gone."""
    ours = {topic.name for topic in TOPICS}
    client.delete_topics(sorted(ours & set(client.list_topics())))
    while ours & set(client.list_topics()):
        time.sleep(0.1)
    for group in ("eqm-features", "eqm-emotions"):
        with contextlib.suppress(KafkaError):
            client.delete_groups([group])
    time.sleep(SETTLE_S)


def send(settings: Settings, people: Sequence[Recording], faults: Faults | None = None) -> FaultCounts:
    """Replays at full speed and returns what was done."""
    counts = FaultCounts()
    replay(settings, people, speed=math.inf, faults=faults or Faults(), counts=counts, progress=lambda _: None)
    return counts


def computed(settings: Settings) -> str:
    """Runs the features job to the end of what was sent; returns its id."""
    return finished(settings, submit_features(settings, bounded=True))


def felt(settings: Settings, bundle: Path) -> str:
    """Runs the emotions job to the end of the features; returns its id."""
    return finished(settings, submit_emotions(settings, bundle, bounded=True))


def streamed(settings: Settings, bundle: Path) -> str:
    """Both in one: runs the stream job to the end of what was sent; returns its id."""
    return finished(settings, submit_stream(settings, bundle, bounded=True))


def finished(settings: Settings, job: str, *, timeout_s: float = PATIENCE_S) -> str:
    """Waits until the job has ended well, without a single restart."""
    cluster = Cluster(settings.flink_address)
    cluster.wait(job, FINISHED, timeout_s=timeout_s)
    assert cluster.root_cause(job) == ""
    return job


def committed(settings: Settings, topic: str) -> Iterator[Any]:
    """Committed messages of a topic, from its beginning to its present end."""
    return read_committed(settings.bootstrap_servers, topic)


def by_window(settings: Settings, topic: str, read: Callable[[bytes], dict[str, Any]] = json.loads) -> Records:
    """Records by user and window start; one that comes twice is an error."""
    found: Records = {}
    for message in committed(settings, topic):
        record = read(message.value)
        key = (record["user_id"], record["window_start_ms"])
        assert key not in found, f"{key} stands twice on {topic}"
        assert message.key.decode() == record["user_id"]
        assert message.timestamp == record["window_end_ms"]
        found[key] = record
    return found


def features(settings: Settings) -> Records:
    return by_window(settings, FEATURES.name, lambda value: json.loads(feature_lines(parse_feature_record(value))[0]))


def events(settings: Settings) -> Records:
    return by_window(settings, EMOTIONS.name)


def quarantined(settings: Settings) -> list[dict[str, Any]]:
    return [json.loads(message.value) for message in committed(settings, QUARANTINE.name)]


def placed(settings: Settings) -> Counter[str]:
    """Where readings ended: used, late, quarantined."""
    used, late = archive.counts(settings.archive_folder)
    return Counter(used=used, late=late, quarantined=len(quarantined(settings)))


def offline_rows(settings: Settings) -> int:
    return feature_rows(settings)


def wait(reached: Callable[[], bool]) -> None:
    """Waits until it is so."""
    end_s = time.monotonic() + PATIENCE_S
    while not reached():
        assert time.monotonic() < end_s, "too slow"
        time.sleep(1)
