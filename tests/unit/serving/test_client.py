"""The client over a made-up consumer: decoding, duplicates, bad messages, ends and errors."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka import TopicPartition
from kafka.errors import (
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    RebalanceInProgressError,
    TopicAuthorizationFailedError,
)

from pipelines.core import kafka_clients
from pipelines.core.errors import EqmError, StackError
from pipelines.serving.client import EmotionConsumer, MalformedEventError
from pipelines.serving.deduplication import REMEMBERED_WINDOWS, SeenWindows
from pipelines.serving.group_offsets import COMMIT_S, GroupOffsets, Offsets
from schemas.labels import EMOTIONS
from schemas.records import EmotionEvent
from schemas.topics import EMOTIONS as TOPIC
from schemas.windows import HOP_MS, WINDOW_MS
from tests.unit.memory import FLAT, growth

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
        self.commits: list[int] = []
        self.refusal: KafkaError | None = None

    def __call__(self, **options: object) -> "Broker":
        self.options = options
        return self

    def partitions_for_topic(self, name: str) -> set[int]:
        return {0} if self.topic and name == TOPIC.name else set()

    def assign(self, partitions: list[TopicPartition]) -> None:
        assert partitions == [TopicPartition(TOPIC.name, 0)]

    def subscribe(self, topics: list[str], listener: GroupOffsets) -> None:
        assert topics == [TOPIC.name]
        self.listener = listener

    def assignment(self) -> set[TopicPartition]:
        return {TopicPartition(TOPIC.name, 0)}

    def commit(self, offsets: Offsets, timeout_ms: int) -> None:
        assert timeout_ms > 0
        if self.refusal:
            raise self.refusal
        self.commits += [place.offset for place in offsets.values()]

    def commit_async(self, offsets: Offsets, callback: Callable[[Offsets, object], None] | None = None) -> "Broker":
        if not self.refusal:
            self.commit(offsets, timeout_ms=1)
        if callback:
            callback(offsets, self.refusal)
        return self

    def __await__(self) -> Iterator[None]:
        if self.refusal:
            raise self.refusal
        yield from ()

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


SIX: list[EmotionEvent | bytes] = [event(window=window) for window in range(6)]


class Trouble(Exception):  # noqa: N818
    """What a program's own code raises."""


def take(consumer: EmotionConsumer, count: int) -> None:
    """Comes back for each but the last."""
    assert len(list(itertools.islice(consumer.events(), count))) == count


def fail_on(count: int) -> Callable[[EmotionConsumer], None]:
    def use(consumer: EmotionConsumer) -> None:
        for number, _ in enumerate(consumer.events(), start=1):
            if number == count:
                raise Trouble

    return use


def break_on(count: int) -> Callable[[EmotionConsumer], None]:
    def use(consumer: EmotionConsumer) -> None:
        for number, _ in enumerate(consumer.events(), start=1):
            if number == count:
                break

    return use


def fail_and_come_back(consumer: EmotionConsumer) -> None:
    with pytest.raises(Trouble):
        fail_on(2)(consumer)
    take(consumer, 1)
    raise Trouble


def throw_into_the_iteration(consumer: EmotionConsumer) -> None:
    events = consumer.events()
    next(events)
    next(events)
    events.throw(Trouble())  # type: ignore[attr-defined]


def ask_when_nothing_comes(consumer: EmotionConsumer) -> None:
    take(consumer, 6)
    assert consumer.next_event(0.0) is None
    raise Trouble


@pytest.mark.parametrize(
    ("use", "committed"),
    [
        (fail_on(1), 0),
        (fail_on(2), 1),
        (fail_on(3), 2),
        (fail_on(6), 5),
        (break_on(1), 1),
        (break_on(2), 2),
        (break_on(5), 5),
        (break_on(6), 6),
        (lambda consumer: take(consumer, 3), 3),
        (lambda consumer: list(consumer.events(idle_s=0.0)), 6),
        (fail_and_come_back, 2),
        (throw_into_the_iteration, 1),
        (ask_when_nothing_comes, 6),
    ],
)
def test_a_group_commits_what_was_delivered_and_not_the_event_in_hand(
    connect: Any,  # noqa: ANN401
    use: Callable[[EmotionConsumer], None],
    committed: int,
) -> None:
    broker = Broker(SIX)
    with contextlib.suppress(Trouble), connect(broker, group="board") as consumer:
        use(consumer)
    assert broker.commits[-1] == committed
    assert (broker.options["enable_auto_commit"], broker.closed_with) == (False, False)


def test_a_plain_close_does_not_know_how_it_came_to_it_and_leaves_the_event_in_hand(connect: Any) -> None:  # noqa: ANN401
    broker = Broker(SIX)
    consumer = connect(broker, group="board")
    take(consumer, 3)
    consumer.close()
    consumer.close()
    assert broker.commits[-1] == 2


BAD = b"{"


def refuse(fault: MalformedEventError) -> None:
    raise Trouble


@pytest.mark.parametrize(
    ("messages", "options", "committed"),
    [
        ([BAD, event()], {}, 0),
        ([event(), BAD, event(window=1)], {}, 1),
        ([event(), event(window=1), BAD], {}, 2),
        ([event(), BAD, event(window=1)], {"on_malformed": refuse}, 1),
        ([event(), BAD, event(window=1)], {"on_malformed": lambda fault: None}, 3),
    ],
)
def test_a_malformed_message_is_in_hand_until_it_is_dealt_with(
    connect: Any,  # noqa: ANN401
    messages: list[EmotionEvent | bytes],
    options: dict[str, Any],
    committed: int,
) -> None:
    broker = Broker(messages)
    with contextlib.suppress(Trouble, MalformedEventError), connect(broker, group="board", **options) as consumer:
        list(consumer.events(idle_s=0.0))
    assert broker.commits[-1] == committed


def test_a_malformed_message_that_was_caught_is_dealt_with_when_the_program_comes_back(connect: Any) -> None:  # noqa: ANN401
    broker = Broker([BAD, *SIX])
    with contextlib.suppress(Trouble), connect(broker, group="board") as consumer:
        with pytest.raises(MalformedEventError):
            consumer.next_event()
        consumer.next_event()
        raise Trouble
    assert broker.commits[-1] == 1


def test_what_is_passed_over_holds_no_offset_back(connect: Any) -> None:  # noqa: ANN401
    repeated = [event(), event(), event("bob"), event(window=1), event("bob", 1)]
    broker = Broker(repeated)
    with contextlib.suppress(Trouble), connect(broker, group="board") as consumer:
        for number, _ in enumerate(consumer.events(user="ann"), start=1):
            if number == 2:
                raise Trouble
    assert broker.commits[-1] == 3


def test_offsets_are_committed_while_events_are_taken_and_again_where_that_failed(
    connect: Any,  # noqa: ANN401
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    now_s = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now_s)
    broker = Broker(SIX)
    consumer = connect(broker, group="board")

    def next_at(second: float) -> list[int]:
        nonlocal now_s
        now_s = second
        consumer.next_event(-1.0)
        return broker.commits

    assert next_at(100.0) == []
    assert next_at(100.0 + COMMIT_S) == next_at(100.1 + COMMIT_S) == [1]
    assert next_at(100.2 + 2 * COMMIT_S) == [1, 3]
    broker.refusal = RebalanceInProgressError()
    assert next_at(110.0) == next_at(120.0) == [1, 3]
    assert "events may come again: eqm.emotions.v1, partition 0: " in caplog.text
    broker.refusal = None
    assert next_at(130.0) == next_at(140.0) == [1, 3, 6], "what is committed is not committed again"


def test_partitions_that_go_to_another_member_are_handed_over_where_delivery_ended(connect: Any) -> None:  # noqa: ANN401
    broker = Broker(SIX)
    consumer = connect(broker, group="board")
    for taken in (1, 2, 3):
        assert consumer.next_event() is not None
        here = TopicPartition(TOPIC.name, 0)
        asyncio.run(broker.listener.on_partitions_revoked({here, TopicPartition(TOPIC.name, 7)}))
        assert broker.commits[-1] == taken - 1
    commits = list(broker.commits)
    asyncio.run(broker.listener.on_partitions_lost({here}))
    assert broker.commits == commits, "who has lost a partition has no say in it"
    broker.refusal = RebalanceInProgressError()
    asyncio.run(broker.listener.on_partitions_revoked({here}))


def test_a_broker_that_takes_no_last_commit_does_not_hide_what_the_program_raised(
    connect: Any,  # noqa: ANN401
    caplog: pytest.LogCaptureFixture,
) -> None:
    broker = Broker(SIX)
    broker.refusal = KafkaTimeoutError()
    with pytest.raises(Trouble), connect(broker, group="board") as consumer:
        fail_on(2)(consumer)
    assert broker.closed_with is False
    assert "events may come again" in caplog.text


def test_reading_to_the_end_of_a_broker_that_gives_nothing_more_is_one_clear_line(
    connect: Any,  # noqa: ANN401
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kafka_clients, "SILENT_S", 0.2)
    broker = Broker(SIX)
    with connect(broker) as consumer:
        events = consumer.events(to_end=True)
        assert next(events) == SIX[0]
        broker.poll = lambda timeout_ms: {}  # type: ignore[method-assign]
        assert next(events) == SIX[1], "what was fetched is given"
        with pytest.raises(StackError, match=f"^the broker at there:9092 has given nothing of {TOPIC.name} for "):
            next(events)


def test_a_broker_that_does_not_say_where_a_partition_ends_stops_the_start(connect: Any) -> None:  # noqa: ANN401
    """Else events that come meanwhile would be left out."""
    broker = Broker(SIX)
    broker.position = lambda partition, timeout_ms: None  # type: ignore[assignment,method-assign]
    with pytest.raises(StackError, match=r"^no broker answers at there:9092: "):
        connect(broker)


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


def phased(window: int, phase_ms: int) -> EmotionEvent:
    end = START_MS + window * HOP_MS + phase_ms
    return event(window_end_ms=end, window_start_ms=end - WINDOW_MS)


def test_seen_windows_begin_anew_where_a_users_phase_is_another_one() -> None:
    seen = SeenWindows()
    assert all(seen.add(phased(window, 250)) for window in range(12))
    assert not seen.add(phased(11, 250))
    assert seen.add(phased(11, 3_500)), "another window, though of the same hop"
    assert seen.add(phased(10, 3_500))
    assert not seen.add(phased(11, 3_500))
    assert not seen.add(phased(10, 3_500)), "from then on repeats are known again"


def test_seen_windows_memory_does_not_grow_with_windows() -> None:
    seen = SeenWindows()
    for window in range(3 * REMEMBERED_WINDOWS):
        assert seen.add(event(window=window))
    ((_, bits),) = seen._seen.values()
    assert bits.bit_length() == REMEMBERED_WINDOWS


def test_seen_windows_memory_does_not_grow_with_users() -> None:
    seen = SeenWindows()
    model = {"model_name": "small", "model_version": "1", "window_end_ms": START_MS}
    assert growth(lambda users: [seen.add(SimpleNamespace(user_id=user, **model)) for user in users]) < FLAT
    assert len(seen._seen) == seen.users
