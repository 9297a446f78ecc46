"""What was committed, all of it: topics, archive, offline rows."""

import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from kafka import KafkaConsumer, TopicPartition

from pipelines.archive.reader import open_archive
from pipelines.core.settings import Settings
from pipelines.core.topic_reader import committed
from schemas.channels import CHANNEL_NAMES
from schemas.topics import EMOTIONS, FEATURES, READINGS
from tests.integration import streaming
from tests.recovery.people import START_MS

READING = re.compile(rb'{"timestamp":(\d{13}),')
TAIL = 20
DAY_MS = 86_400_000

Key = tuple[str, int]
Said = dict[Key, list[bytes]]
"""By user and event time, every message in order."""


@dataclass(frozen=True)
class Outcome:
    """What readers of committed data see."""

    features: Said
    events: Said
    offline: pa.Table
    used: pa.Table
    """Distinct readings that are in windows."""
    late: int
    archived: list[tuple[int, int]]
    """Partition and offset of each archived reading."""
    quarantined: list[tuple[int, int]]
    messages: int
    """On the readings topic."""


def outcome(settings: Settings) -> Outcome:
    archive = open_archive(settings.archive_folder).to_table()
    measured = ["user_id", "sensor_id", "timestamp_ms", *CHANNEL_NAMES]
    used = archive.filter(pc.invert(archive["late"])).select(measured)
    return Outcome(
        features=said(settings, FEATURES.name),
        events=said(settings, EMOTIONS.name),
        offline=_sorted(open_archive(settings.features_folder).to_table()),
        used=_sorted(_distinct(used)),
        late=archive.num_rows - used.num_rows,
        archived=_places(archive["kafka_partition"], archive["kafka_offset"]),
        quarantined=sorted((q["partition"], q["offset"]) for q in streaming.quarantined(settings)),
        messages=messages(settings),
    )


def said(settings: Settings, topic: str) -> Said:
    found: Said = defaultdict(list)
    for message in committed(settings.bootstrap_servers, topic):
        found[message.key.decode(), message.timestamp].append(message.value)
    return dict(found)


def messages(settings: Settings) -> int:
    """How many readings were sent, good or bad."""
    with _readings(settings) as (consumer, places):
        return sum(consumer.end_offsets(places).values())


def newest_ms(settings: Settings) -> int:
    """Event time up to which readings were sent; 0 where none were."""
    found = [0]
    with _readings(settings) as (consumer, places):
        ends = consumer.end_offsets(places)
        for place in places:
            consumer.seek(place, max(0, ends[place] - TAIL))
        while any(consumer.position(place) < ends[place] for place in places):
            for batch in consumer.poll(timeout_ms=500).values():
                found += [_event_ms(message.value) for message in batch]
    return max(found)


@contextmanager
def _readings(settings: Settings) -> Iterator[tuple[KafkaConsumer, list[TopicPartition]]]:
    with KafkaConsumer(bootstrap_servers=settings.bootstrap_servers, enable_auto_commit=False) as consumer:
        places = [TopicPartition(READINGS.name, number) for number in consumer.partitions_for_topic(READINGS.name)]
        consumer.assign(places)
        yield consumer, places


def _event_ms(value: bytes) -> int:
    """Of a reading as replays write them, dated as all are; else 0: some are malformed on purpose."""
    found = READING.match(value or b"")
    at_ms = int(found[1]) if found else 0
    return at_ms if abs(at_ms - START_MS) < DAY_MS else 0


def assert_same(found: Outcome, wanted: Outcome, *, once: bool, replayed_again: bool = False) -> None:
    """Nothing lost, doubled or changed. Delivered at least once, a repeat is the same to the last byte.

    A replay that was run again sends readings again; all the rest is as if it had not.
    """
    if not replayed_again:
        assert found.messages == wanted.messages
        assert found.late == wanted.late, f"{found.late} readings came late, not {wanted.late}"
    for name in ("features", "events"):
        _assert_said(getattr(found, name), getattr(wanted, name), name)
    assert found.offline.equals(wanted.offline), "offline rows differ"
    assert found.used.equals(wanted.used), _difference(found.used, wanted.used)
    assert_accounted(found, once=once)


def assert_accounted(found: Outcome, *, once: bool) -> None:
    """Every message is in one place, every window is there once, and repeats, where they may be, are alike."""
    assert len(set(found.archived)) == len(found.archived), "a message was archived twice"
    quarantined = set(found.quarantined)
    assert not quarantined & set(found.archived), "a message was archived and quarantined"
    assert len(found.archived) + len(quarantined) == found.messages, "messages are lost"
    for name, said in (("features", found.features), ("events", found.events)):
        differing = [key for key, copies in said.items() if len(set(copies)) > 1]
        assert not differing, f"{len(differing)} {name} were repeated, but not alike, such as {sorted(differing)[:3]}"
        doubled = [key for key, copies in said.items() if len(copies) > 1]
        assert not (once and doubled), f"{len(doubled)} {name} came twice, such as {sorted(doubled)[:3]}"
    assert found.offline.num_rows == len(found.features), "offline rows are not those of the features"
    assert not once or len(quarantined) == len(found.quarantined), "a message was quarantined twice"


def _assert_said(found: Said, wanted: Said, name: str) -> None:
    lost, more = wanted.keys() - found.keys(), found.keys() - wanted.keys()
    assert not lost, f"{len(lost)} {name} are lost, such as {sorted(lost)[:3]}"
    assert not more, f"{len(more)} {name} too many, such as {sorted(more)[:3]}"
    changed = [key for key in wanted if found[key][0] != wanted[key][0]]
    assert not changed, f"{len(changed)} {name} have changed, such as {sorted(changed)[:3]}"


def _difference(found: pa.Table, wanted: pa.Table) -> str:
    """Which readings are missing, and which are too many."""
    keys = ["user_id", "sensor_id", "timestamp_ms"]
    lost = wanted.select(keys).join(found.select(keys), keys, join_type="left anti")
    more = found.select(keys).join(wanted.select(keys), keys, join_type="left anti")
    shown = f"such as {lost.slice(0, 3).to_pylist()} and {more.slice(0, 3).to_pylist()}"
    counts = f"{found.num_rows} readings were used, not {wanted.num_rows}"
    return f"{counts}: {lost.num_rows} are missing, {more.num_rows} too many, {shown}"


def _distinct(table: pa.Table) -> pa.Table:
    """By way of pandas: grouping by columns with nulls, pyarrow 16 finds the same row twice."""
    return pa.Table.from_pandas(table.to_pandas().drop_duplicates(), schema=table.schema, preserve_index=False)


def _sorted(table: pa.Table) -> pa.Table:
    names = sorted(table.column_names)
    return table.select(names).combine_chunks().sort_by([(name, "ascending") for name in _keys(names)])


def _keys(names: list[str]) -> list[str]:
    return [
        name for name in ("user_id", "window_start_ms", "timestamp_ms", "sensor_id", *CHANNEL_NAMES) if name in names
    ]


def _places(partitions: pa.ChunkedArray, offsets: pa.ChunkedArray) -> list[tuple[int, int]]:
    return sorted(zip(partitions.to_pylist(), offsets.to_pylist(), strict=True))
