"""Members of a group on a real broker: nothing is left out, and hardly anything comes twice, whoever fails or joins."""

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Iterable

import pytest
from kafka import TopicPartition

from pipelines.core import kafka_clients
from pipelines.serving import group_offsets
from pipelines.serving.client import EmotionConsumer, MalformedEventError
from schemas.records import EmotionEvent
from schemas.topics import EMOTIONS
from tests.integration.lone_broker import LoneBroker
from tests.unit.serving.test_client import event

USERS = [f"user-{number:02d}" for number in range(12)]
JOIN_S = 20
IDLE_S = 1.5

Key = tuple[str, int]


class Trouble(Exception):  # noqa: N818
    """What a program's own code raises."""


def made(first: int, windows: int) -> list[EmotionEvent]:
    """Of twelve users, who are in all partitions."""
    return [event(user, first + number) for number in range(windows) for user in USERS]


EVENTS = made(0, 10)


@pytest.fixture
def broker(lone_broker: LoneBroker) -> LoneBroker:
    """With the events on it, and nothing else."""
    lone_broker.empty_topics()
    publish(lone_broker, [(each.user_id, each.model_dump_json().encode()) for each in EVENTS])
    return lone_broker


def publish(broker: LoneBroker, messages: Iterable[tuple[str, bytes]]) -> None:
    producer = kafka_clients.producer(broker.bootstrap)
    for user, value in messages:
        producer.send(EMOTIONS.name, key=user.encode(), value=value)
    producer.flush()
    producer.close()


def counted(events: Iterable[EmotionEvent]) -> Counter[Key]:
    return Counter((each.user_id, each.window_end_ms) for each in events)


def rest(broker: LoneBroker, group: str) -> list[EmotionEvent]:
    """What the group's next member gets."""
    with EmotionConsumer(broker.bootstrap, group=group, from_start=True) as consumer:
        return list(consumer.events(idle_s=IDLE_S))


def committed(broker: LoneBroker, group: str) -> int:
    """Messages behind which the group stands, over all partitions."""
    with kafka_clients.consumer(broker.bootstrap, group_id=group, enable_auto_commit=False) as consumer:
        numbers = consumer.partitions_for_topic(EMOTIONS.name)
        return sum(consumer.committed(TopicPartition(EMOTIONS.name, number)) or 0 for number in numbers)


def test_the_event_whose_handler_failed_comes_again_and_none_before_it(broker: LoneBroker) -> None:
    """The last one, too: behind it nothing is fetched that would hold the offset back."""
    for count in (1, 2, 41, len(EVENTS)):
        done: list[EmotionEvent] = []
        group = f"failed-on-{count}"
        with contextlib.suppress(Trouble), EmotionConsumer(broker.bootstrap, group=group, from_start=True) as consumer:
            for number, each in enumerate(consumer.events(idle_s=JOIN_S), start=1):
                if number == count:
                    raise Trouble
                done.append(each)
        assert len(done) == count - 1
        assert counted(done + rest(broker, group)) == counted(EVENTS)


def test_after_a_break_the_next_member_goes_on_behind_it(broker: LoneBroker) -> None:
    for count in (1, 41, len(EVENTS)):
        done: list[EmotionEvent] = []
        with EmotionConsumer(broker.bootstrap, group=f"broke-on-{count}", from_start=True) as consumer:
            for each in consumer.events(idle_s=JOIN_S):
                done.append(each)
                if len(done) == count:
                    break
        assert counted(done + rest(broker, f"broke-on-{count}")) == counted(EVENTS)


def test_a_malformed_message_is_met_by_every_member_until_one_deals_with_it(broker: LoneBroker) -> None:
    publish(broker, [(USERS[0], b"{")])
    for _ in range(2):
        with pytest.raises(MalformedEventError, match="Invalid JSON"):
            rest(broker, "careless")
    bad: list[MalformedEventError] = []
    with EmotionConsumer(broker.bootstrap, group="careless", from_start=True, on_malformed=bad.append) as consumer:
        list(consumer.events(idle_s=IDLE_S))
    assert len(bad) == 1
    assert rest(broker, "careless") == []


def test_offsets_stand_behind_what_was_delivered_while_a_member_goes_on(broker: LoneBroker) -> None:
    with EmotionConsumer(broker.bootstrap, group="slow", from_start=True) as consumer:
        for _ in range(30):
            assert consumer.next_event(JOIN_S) is not None
        time.sleep(group_offsets.COMMIT_S)
        assert consumer.next_event(JOIN_S) is not None
        time.sleep(0.5)
        assert committed(broker, "slow") == 30


def test_a_member_that_got_nothing_leaves_its_place_to_the_next_one(broker: LoneBroker) -> None:
    """Else "from now on" would begin anew with each member, and leave out what came between two of them."""
    with EmotionConsumer(broker.bootstrap, group="late") as consumer:
        assert consumer.next_event(IDLE_S) is None
    later = made(100, 2)
    publish(broker, [(each.user_id, each.model_dump_json().encode()) for each in later])
    with EmotionConsumer(broker.bootstrap, group="late") as consumer:
        assert counted(consumer.events(idle_s=IDLE_S)) == counted(later)


def test_a_member_that_joins_begins_where_the_other_one_was(
    broker: LoneBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Offsets are committed when partitions are handed over: here, at no other time."""
    monkeypatch.setattr(group_offsets, "COMMIT_S", 1e9)
    taken: dict[str, list[EmotionEvent]] = {"first": [], "second": []}
    ended = threading.Event()

    def member(name: str) -> None:
        with EmotionConsumer(broker.bootstrap, group="shared", from_start=True) as consumer:
            while not ended.is_set():
                each = consumer.next_event(0.2)
                if each is not None:
                    taken[name].append(each)

    def wait(reached: int) -> None:
        end_s = time.monotonic() + 2 * JOIN_S
        while sum(map(len, taken.values())) < reached:
            assert time.monotonic() < end_s, {name: len(events) for name, events in taken.items()}
            time.sleep(0.05)

    threads = [threading.Thread(target=member, args=(name,)) for name in taken]
    try:
        threads[0].start()
        wait(len(EVENTS))
        threads[1].start()
        sent = list(EVENTS)
        for first in range(100, 100 + 2 * JOIN_S):
            more = made(first, 1)
            publish(broker, [(each.user_id, each.model_dump_json().encode()) for each in more])
            sent += more
            if taken["second"]:
                break
            time.sleep(1)
        wait(len(sent))
    finally:
        ended.set()
        for thread in threads:
            thread.join(JOIN_S)
    assert min(map(len, taken.values())) > 0
    assert counted(taken["first"] + taken["second"]) == counted(sent)
    assert rest(broker, "shared") == []
