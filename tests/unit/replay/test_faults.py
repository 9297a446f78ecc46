import itertools

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.core.errors import SettingsError
from pipelines.replay.faults import FaultCounts, Faults, Message, with_faults
from pipelines.replay.messages import Sent, in_event_time
from pipelines.sources.recording import Recording, stream
from schemas.reasons import Quarantined

START_MS = 1_700_000_000_000
COUNT = 4_000


@pytest.fixture(scope="module")
def readings() -> list[Sent]:
    times = START_MS + 250 * np.arange(COUNT // 2)
    people = [Recording(name, (stream("w", ("gsr",), times, np.ones((len(times), 1))),)) for name in ("ann", "bob")]
    return list(in_event_time(people))


def sent(readings: list[Sent], faults: Faults) -> tuple[list[Message], FaultCounts]:
    counts = FaultCounts()
    return list(with_faults(readings, faults, counts)), counts


def event_ms(message: Message) -> int:
    return orjson.loads(message[3])["timestamp"]


def test_without_faults_the_readings_pass_as_they_come(readings: list[Sent]) -> None:
    messages, counts = sent(readings, Faults())
    assert messages == [(user.encode(), at, sensor, value) for user, at, sensor, value in readings]
    assert counts == FaultCounts(sent=COUNT)


@settings(max_examples=25, deadline=None)
@given(
    times=st.lists(st.integers(0, 60_000), min_size=1, max_size=200),
    shuffle_s=st.floats(0, 20),
    duplicate_share=st.floats(0, 1),
    seed=st.integers(0, 2**32),
)
def test_nothing_follows_what_is_further_ahead_than_the_bound(
    times: list[int], shuffle_s: float, duplicate_share: float, seed: int
) -> None:
    rows = [("ann", at, "w", b'{"timestamp":%d}' % at) for at in sorted(times)]
    messages, counts = sent(rows, Faults(shuffle_s=shuffle_s, duplicate_share=duplicate_share, seed=seed))
    bound_ms = max(shuffle_s, 3 if duplicate_share else 0) * 1000
    newest = itertools.accumulate((event_ms(message) for message in messages), max)
    assert all(ahead - event_ms(message) <= bound_ms for ahead, message in zip(newest, messages, strict=True))
    assert len(messages) == counts.sent == len(rows) + counts.duplicated
    assert {message[3] for message in messages} == {value for *_, value in rows}


def test_shuffling_does_shuffle(readings: list[Sent]) -> None:
    messages, _ = sent(readings, Faults(shuffle_s=8))
    assert [message[3] for message in messages] != [value for *_, value in readings]
    assert sorted(message[3] for message in messages) == sorted(value for *_, value in readings)


def test_messages_are_due_in_order(readings: list[Sent]) -> None:
    faults = Faults(shuffle_s=5, delay_share=0.1, delay_s=40, duplicate_share=0.1, corrupt_share=0.1)
    due = [message[1] for message in sent(readings, faults)[0]]
    assert due == sorted(due)


def test_delayed_readings_follow_what_is_later(readings: list[Sent]) -> None:
    messages, counts = sent(readings, Faults(delay_share=0.1, delay_s=40))
    newest = itertools.accumulate((event_ms(message) for message in messages), max)
    behind = [ahead - event_ms(message) for ahead, message in zip(newest, messages, strict=True)]
    late = sum(each > 10_000 for each in behind)
    assert counts.delayed == pytest.approx(0.1 * COUNT, rel=0.2)
    assert 0.9 * counts.delayed < late <= counts.delayed
    assert max(behind) <= 40_000


def test_duplicates_are_the_same_message_again(readings: list[Sent]) -> None:
    messages, counts = sent(readings, Faults(duplicate_share=0.2))
    values = [(message[0], message[3]) for message in messages]
    assert counts.duplicated == pytest.approx(0.2 * COUNT, rel=0.2)
    assert len(values) - len(set(values)) == counts.duplicated


def test_corrupted_readings_are_replaced_and_counted_by_reason(readings: list[Sent]) -> None:
    messages, counts = sent(readings, Faults(corrupt_share=0.3))
    originals = {value for *_, value in readings}
    corrupted = sum(message[3] not in originals for message in messages)
    assert len(messages) == COUNT
    assert corrupted == counts.corrupted.total() == pytest.approx(0.3 * COUNT, rel=0.2)
    assert set(counts.corrupted) == set(Quarantined) - {Quarantined.BAD_FEATURES}


def test_each_reading_gets_one_fault_at_most(readings: list[Sent]) -> None:
    faults = Faults(delay_share=0.3, duplicate_share=0.3, corrupt_share=0.4)
    messages, counts = sent(readings, faults)
    assert counts.delayed + counts.duplicated + counts.corrupted.total() == COUNT
    assert len(messages) == counts.sent == COUNT + counts.duplicated


def test_the_seed_decides(readings: list[Sent]) -> None:
    faults = Faults(shuffle_s=5, delay_share=0.1, duplicate_share=0.1, corrupt_share=0.1, seed=3)
    again = Faults(shuffle_s=5, delay_share=0.1, duplicate_share=0.1, corrupt_share=0.1, seed=4)
    assert sent(readings, faults) == sent(readings, faults)
    assert sent(readings, faults)[0] != sent(readings, again)[0]


def test_faults_do_not_read_ahead_of_the_bound() -> None:
    taken = []
    endless = ((taken.append(at), ("ann", at * 1000, "w", b"{}"))[1] for at in itertools.count())
    next(with_faults(endless, Faults(shuffle_s=5), FaultCounts()))
    assert len(taken) <= 7


@pytest.mark.parametrize(
    "wrong", [{"delay_share": -0.1}, {"delay_share": 0.6, "corrupt_share": 0.6}, {"shuffle_s": -1}, {"seed": -1}]
)
def test_faults_that_make_no_sense(wrong: dict[str, float]) -> None:
    with pytest.raises(SettingsError):
        Faults(**wrong)
