"""The reader of feature windows over a made-up consumer, and `eqm watch --features`."""

import json
import os
import signal
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from kafka import TopicPartition

from pipelines.cli import main as cli
from pipelines.core import kafka_clients
from pipelines.core.errors import EqmError, StackError
from pipelines.features.compute import compute_blobs
from pipelines.features.records import ParsedWindows, feature_records
from pipelines.serving.feature_reader import FeatureReader, MalformedFeaturesError
from pipelines.serving.watch import WatchOptions, watch_features
from pipelines.signals.series.samples import pack
from schemas.records import FeatureWindow
from schemas.topics import FEATURES
from schemas.windows import HOP_MS
from tests.unit.serving.test_client import START_MS

PLACE = TopicPartition(FEATURES.name, 0)


def record(user: str, window: int = 0) -> bytes:
    """A window in which one heart rate was measured."""
    start_ms = np.array([START_MS + window * HOP_MS])
    pulse = pack(start_ms, np.array([0]), np.array([61.5 + window])).tobytes()
    return feature_records(compute_blobs(start_ms, [pulse]), [user], start_ms)[0]


class Stored:
    """As much of a consumed record as is used."""

    topic, partition = FEATURES.name, 0

    def __init__(self, offset: int, key: bytes | None, value: bytes | None) -> None:
        self.offset, self.key, self.value = offset, key, value


class Broker:
    """Stands in for KafkaConsumer: one partition, three messages a poll."""

    def __init__(self, *messages: tuple[bytes | None, bytes | None], topic: bool = True) -> None:
        self.stored = [Stored(offset, *message) for offset, message in enumerate(messages)]
        self.topic, self.closed, self.options = topic, False, {}

    def __call__(self, **options: object) -> "Broker":
        self.options = options
        return self

    def partitions_for_topic(self, name: str) -> set[int]:
        return {0} if self.topic and name == FEATURES.name else set()

    def assign(self, partitions: list[TopicPartition]) -> None:
        assert partitions == [PLACE]

    def position(self, partition: TopicPartition, timeout_ms: int) -> int:
        return 0

    def poll(self, timeout_ms: int) -> dict[TopicPartition, list[Stored]]:
        batch, self.stored = self.stored[:3], self.stored[3:]
        return {PLACE: batch} if batch else {}

    def close(self, *, autocommit: bool, timeout_ms: int) -> None:
        assert not autocommit
        self.closed = True


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401
    def connected(broker: Broker, **options: Any) -> FeatureReader:  # noqa: ANN401
        monkeypatch.setattr(kafka_clients, "KafkaConsumer", broker)
        return FeatureReader("there:9092", **options)

    return connected


def taken(reader: FeatureReader, user: str | None = None) -> Iterator[ParsedWindows]:
    while len(windows := reader.next_windows(0.0, user=user)):
        yield windows


MANY = [(user.encode(), record(user, window)) for window in range(2) for user in ("ann", "bob")]


def test_windows_come_as_arrays_in_their_order(connect: Any) -> None:  # noqa: ANN401
    broker = Broker(*MANY)
    with connect(broker) as reader:
        batches = list(taken(reader))
    assert [windows.user_id for windows in batches] == [["ann", "bob", "ann"], ["bob"]]
    assert [windows.features[:, 0].tolist() for windows in batches] == [[61.5, 61.5, 62.5], [62.5]]
    assert broker.closed
    assert (broker.options["isolation_level"], broker.options["auto_offset_reset"]) == ("read_committed", "latest")


def test_one_users_windows(connect: Any) -> None:  # noqa: ANN401
    with connect(Broker(*MANY, (None, record("bob", 2)), (None, record("ann", 2))), from_start=True) as reader:
        assert [windows.user_id for windows in taken(reader, "bob")] == [["bob"], ["bob", "bob"]]


def test_a_malformed_message_is_raised_after_the_windows_beside_it(connect: Any) -> None:  # noqa: ANN401
    with connect(Broker(MANY[0], (b"ann", b"{"), MANY[1], (b"ann", None), MANY[2])) as reader:
        assert reader.next_windows(0.0).user_id == ["ann", "bob"]
        with pytest.raises(MalformedFeaturesError) as caught:
            reader.next_windows(0.0)
        assert isinstance(caught.value, EqmError)
        assert (caught.value.partition, caught.value.offset) == (0, 1)
        said = "not a feature window: it is JSON, as older versions wrote it"
        assert str(caught.value) == f"{FEATURES.name}, partition 0, offset 1: {said}"
        assert reader.next_windows(0.0).user_id == ["ann"]
        with pytest.raises(MalformedFeaturesError, match="offset 3: not a feature window: it is empty"):
            reader.next_windows(0.0)
        assert len(reader.next_windows(0.0)) == 0


def test_malformed_messages_can_be_handed_over_instead(connect: Any) -> None:  # noqa: ANN401
    bad: list[MalformedFeaturesError] = []
    with connect(Broker((b"ann", b"{"), MANY[0], (b"ann", b"[]")), on_malformed=bad.append) as reader:
        assert [windows.user_id for windows in taken(reader)] == [["ann"]]
    assert [fault.offset for fault in bad] == [0, 2]


def test_a_missing_topic_is_one_clear_line(connect: Any) -> None:  # noqa: ANN401
    broker = Broker(topic=False)
    with pytest.raises(StackError, match=f"^the broker at there:9092 has no topic {FEATURES.name}: run `eqm up`$"):
        connect(broker)
    assert broker.closed


def test_lines_of_json_have_null_for_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broker = Broker(*MANY, (b"bob", b"{"))
    monkeypatch.setattr(kafka_clients, "KafkaConsumer", broker)
    assert cli.main(["watch", "--features", "--from-start", "--user", "bob", "--for", "0.05"]) == 0
    shown = capsys.readouterr()
    lines = shown.out.splitlines()
    assert [FeatureWindow.model_validate_json(line).user_id for line in lines] == ["bob", "bob"]
    read = json.loads(lines[1])
    assert (read["features"]["hr_mean"], read["features"]["gsr_mean"]) == (62.5, None)
    assert read["sequence"]["hr"] == [62.5] + [None] * 59
    assert "offset 4: not a feature window: it is JSON" in shown.err
    assert broker.options["auto_offset_reset"] == "earliest"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(connect: Any, number: int) -> None:  # noqa: ANN401
    broker = Broker()
    with connect(broker) as reader:
        broker.poll = lambda timeout_ms: os.kill(os.getpid(), number) or {}  # type: ignore[method-assign,func-returns-value]
        assert watch_features(reader, WatchOptions()) == 0
