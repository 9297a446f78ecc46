"""The client over a made-up consumer: decoding, duplicates, bad messages, ends and errors."""

import itertools
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka import TopicPartition
from kafka.errors import KafkaConnectionError, KafkaError, KafkaTimeoutError, TopicAuthorizationFailedError

from pipelines.core import kafka_clients
from pipelines.core.errors import EqmError, StackError
from pipelines.serving.client import EmotionConsumer, MalformedEventError
from pipelines.serving.deduplication import REMEMBERED_WINDOWS, SeenWindows
from schemas.labels import EMOTIONS
from schemas.records import EmotionEvent
from schemas.topics import EMOTIONS as TOPIC
from schemas.windows import HOP_MS, WINDOW_MS

START_MS = 1_700_000_000_000


def event(user: str = "ann", window: int = 0, **changes: Any) -> EmotionEvent:  # noqa: ANN401
    shares = dict.fromkeys(EMOTIONS, 0.05) | {"happy": 0.7}
    end = START_MS + window * HOP_MS
    values = {
        "user_id": user,
        "window_start_ms": end - WINDOW_MS,
        "window_end_ms": end,
        "emotion": "happy",
        "confidence": 0.7,
        "probabilities": shares,
        "raw": shares,
        "members": {"cnn": shares},
        "entropy": 0.6,
        "disagreement": 0.0,
        "quality": 0.9,
        "abstained": False,
        "reason": None,
        "model_name": "small",
        "model_version": "1",
        "schema_version": 1,
    }
    return EmotionEvent(**values | changes)


class Record:
    """As much of a consumed record as is used."""

    topic, partition = TOPIC.name, 0

    def __init__(self, offset: int, value: bytes | None, key: bytes | None) -> None:
        self.offset, self.value, self.key = offset, value, key


class Broker:
    """Stands in for KafkaConsumer: one partition, two messages a poll."""

    def __init__(self, messages: Iterable[EmotionEvent | bytes | None] = (), *, topic: bool = True) -> None:
        self.records = [
            Record(i, m.model_dump_json().encode(), m.user_id.encode())
            if isinstance(m, EmotionEvent)
            else Record(i, m, b"ann")
            for i, m in enumerate(messages)
        ]
        self.read, self.topic, self.options, self.closed_with = 0, topic, {}, None

    def __call__(self, **options: object) -> "Broker":
        self.options = options
        return self

    def partitions_for_topic(self, name: str) -> set[int]:
        return {0} if self.topic and name == TOPIC.name else set()

    def assign(self, partitions: list[TopicPartition]) -> None:
        assert partitions == [TopicPartition(TOPIC.name, 0)]

    def subscribe(self, topics: list[str]) -> None:
        assert topics == [TOPIC.name]

    def position(self, partition: TopicPartition, timeout_ms: int) -> int:
        return self.read

    def end_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, len(self.records))

    def poll(self, timeout_ms: int) -> dict[TopicPartition, list[Record]]:
        batch = self.records[self.read : self.read + 2]
        self.read += len(batch)
        return {TopicPartition(TOPIC.name, 0): batch} if batch else {}

    def close(self, *, autocommit: bool, timeout_ms: int) -> None:
        self.closed_with = autocommit


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401
    def connected(broker: Broker, **options: Any) -> EmotionConsumer:  # noqa: ANN401
        monkeypatch.setattr(kafka_clients, "KafkaConsumer", broker)
        return EmotionConsumer("there:9092", **options)

    return connected


def test_events_come_typed_and_once(connect: Any) -> None:  # noqa: ANN401
    first, second, other = event(window=1), event(window=2), event("bob", 1)
    with connect(Broker([first, first, second, other, first, second])) as consumer:
        assert list(consumer.events(to_end=True)) == [first, second, other]


def test_another_model_version_is_another_event(connect: Any) -> None:  # noqa: ANN401
    both = [event(model_version="1"), event(model_version="2"), event(model_name="large")]
    with connect(Broker(both)) as consumer:
        assert list(consumer.events(to_end=True)) == both


def test_one_user_only_with_or_without_a_key(connect: Any) -> None:  # noqa: ANN401
    broker = Broker([event("ann"), event("bob"), event("ann", 1), event("bob", 1)])
    for record in broker.records[2:]:
        record.key = None
    with connect(broker) as consumer:
        assert [(e.user_id, e.window_end_ms) for e in consumer.events(user="bob", to_end=True)] == [
            ("bob", START_MS),
            ("bob", START_MS + HOP_MS),
        ]


@pytest.mark.parametrize(
    ("bad", "detail"),
    [
        (b"{", "Invalid JSON"),
        (None, "Invalid JSON"),
        (b'{"user_id": 7}', "user_id: Input should be a valid string"),
        (event().model_dump_json().replace("0.9", "1.9").encode(), "quality: Input should be less than or equal to 1"),
        (event().model_dump_json().replace("raw", "roh").encode(), "raw: Field required"),
    ],
)
def test_a_malformed_message_names_its_place_and_reading_goes_on(connect: Any, bad: bytes | None, detail: str) -> None:  # noqa: ANN401
    with connect(Broker([event(), bad, event(window=1), event(window=2)])) as consumer:
        events = consumer.events(to_end=True)
        assert next(events) == event()
        with pytest.raises(MalformedEventError) as caught:
            next(events)
        assert str(caught.value).startswith(f"{TOPIC.name}, partition 0, offset 1: not an emotion event: {detail}")
        assert (caught.value.partition, caught.value.offset) == (0, 1)
        assert isinstance(caught.value, EqmError)
        assert list(consumer.events(to_end=True)) == [event(window=1), event(window=2)]


def test_malformed_messages_can_be_handed_over_instead(connect: Any) -> None:  # noqa: ANN401
    bad: list[MalformedEventError] = []
    with connect(Broker([b"[]", event(), b""]), on_malformed=bad.append) as consumer:
        assert list(consumer.events(to_end=True)) == [event()]
    assert [fault.offset for fault in bad] == [0, 2]


def test_iteration_ends_when_nothing_comes(connect: Any) -> None:  # noqa: ANN401
    with connect(Broker([event(), event(window=1)])) as consumer:
        assert len(list(consumer.events(idle_s=0.01))) == 2
        assert consumer.next_event(0.0) is None


def test_what_was_fetched_but_not_delivered_is_not_committed(connect: Any) -> None:  # noqa: ANN401
    for taken, committed in ((1, False), (2, True)):
        broker = Broker([event(), event(window=1), event(window=2)])
        with connect(broker, group="board") as consumer:
            assert len(list(itertools.islice(consumer.events(), taken))) == taken
        assert broker.closed_with is committed


def test_reads_committed_events_from_now_on_unless_told_otherwise(connect: Any) -> None:  # noqa: ANN401
    broker = Broker()
    connect(broker)
    assert (broker.options["isolation_level"], broker.options["auto_offset_reset"]) == ("read_committed", "latest")
    connect(broker, isolation="read_uncommitted", from_start=True)
    assert (broker.options["isolation_level"], broker.options["auto_offset_reset"]) == ("read_uncommitted", "earliest")


def test_to_end_is_not_for_members_of_a_group(connect: Any) -> None:  # noqa: ANN401
    with connect(Broker(), group="board") as consumer, pytest.raises(ValueError, match="without a group"):
        next(consumer.events(to_end=True))


def test_a_missing_topic_is_one_clear_line(connect: Any) -> None:  # noqa: ANN401
    broker = Broker(topic=False)
    with pytest.raises(StackError, match=f"^the broker at there:9092 has no topic {TOPIC.name}: run `eqm up`$"):
        connect(broker)
    assert broker.closed_with is False


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (KafkaTimeoutError(), "no broker answers at there:9092: start one with `eqm up`, or set EQM_BOOTSTRAP"),
        (KafkaConnectionError(), "no broker answers at there:9092: start one with `eqm up`, or set EQM_BOOTSTRAP"),
        (TopicAuthorizationFailedError(), "the broker at there:9092 refused: "),
    ],
)
def test_broker_errors_are_one_clear_line(connect: Any, error: KafkaError, line: str) -> None:  # noqa: ANN401
    def fail(**_: object) -> None:
        raise error

    with pytest.raises(StackError) as connecting:
        connect(fail)
    broker = Broker()
    broker.poll = fail  # type: ignore[method-assign]
    with connect(broker) as consumer, pytest.raises(StackError) as reading:
        consumer.next_event(0.0)
    assert [str(caught.value).startswith(line) for caught in (connecting, reading)] == [True, True]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 12)), max_size=40))
def test_seen_windows_against_a_set(arrivals: list[tuple[str, int]]) -> None:
    seen, known = SeenWindows(), set()
    for arrival in arrivals:
        assert seen.add(event(*arrival)) == (arrival not in known)
        known.add(arrival)


def test_seen_windows_forget_what_is_too_long_ago_and_rather_repeat() -> None:
    seen = SeenWindows(users=2)
    assert seen.add(event(window=0))
    assert seen.add(event(window=REMEMBERED_WINDOWS - 1))
    assert not seen.add(event(window=0))
    assert seen.add(event(window=REMEMBERED_WINDOWS))
    assert seen.add(event(window=0)), "out of memory, so taken as new"
    assert seen.add(event(window=10 * REMEMBERED_WINDOWS))
    assert not seen.add(event(window=10 * REMEMBERED_WINDOWS))
    assert seen.add(event("bob"))
    assert seen.add(event("eve"))
    assert seen.add(event(window=10 * REMEMBERED_WINDOWS)), "the user heard of longest ago is forgotten"


def test_seen_windows_memory_does_not_grow_with_windows() -> None:
    seen = SeenWindows()
    for window in range(3 * REMEMBERED_WINDOWS):
        assert seen.add(event(window=window))
    ((_, bits),) = seen._seen.values()
    assert bits.bit_length() == REMEMBERED_WINDOWS
