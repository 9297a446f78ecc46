import tracemalloc

import numpy as np
import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.core.instants import epoch_ms
from pipelines.replay.messages import BLOCK_MS, due_s, in_event_time
from pipelines.sources.recording import Recording, stream
from pipelines.sources.simulator import simulate_person
from schemas.records import Reading

START_MS = 1_700_000_000_000
OFFSETS = st.lists(st.one_of(st.integers(0, 5), st.integers(0, 3 * BLOCK_MS), st.integers(0, 10**9)), max_size=30)


def sensor(name: str, offsets_ms: list[int]) -> tuple[str, np.ndarray, np.ndarray]:
    times = START_MS + np.sort(np.array(offsets_ms, dtype=np.int64))
    return name, times, np.arange(len(times), dtype=np.float64)[:, None]


def sensor_every_second(count: int) -> tuple[str, tuple[str, ...], np.ndarray, np.ndarray]:
    return "s", ("gsr",), START_MS + 1000 * np.arange(count), np.ones((count, 1))


def person(user_id: str, *offsets_ms: list[int]) -> Recording:
    streams = (sensor(f"s{number}", each) for number, each in enumerate(offsets_ms))
    return Recording(user_id, tuple(stream(name, ("gsr",), times, values) for name, times, values in streams))


@given(ann=OFFSETS, ann_too=OFFSETS, bob=OFFSETS)
@example(ann=[BLOCK_MS], ann_too=[0, BLOCK_MS], bob=[])
def test_all_readings_come_once_in_event_time_order(ann: list[int], ann_too: list[int], bob: list[int]) -> None:
    recordings = [person("ann", ann, ann_too), person("bob", bob)]
    sent = in_event_time(recordings)
    found = [(at, user, name, orjson.loads(value)["measurements"]["gsr"]) for user, at, name, value in sent]
    expected = [
        (int(at), each.user_id, source.sensor_id, row)
        for each in recordings
        for source in each.streams
        for at, row in zip(source.timestamp_ms, source.values[:, 0], strict=True)
    ]
    assert found == sorted(expected, key=lambda reading: reading[0])


def test_memory_holds_a_block_at_a_time() -> None:
    days = Recording("ann", (stream(*sensor_every_second(300_000)),))
    tracemalloc.start()
    next(in_event_time([days]))
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 1_000_000


@pytest.mark.parametrize("user_id", ["ann", 'a"nn', "50%b", "Zoë", "{}", "a\\n"])
def test_each_value_is_the_reading(user_id: str) -> None:
    rows = np.array([[0.1 + 0.2, -1.0, 1e-7], [0.5, np.nan, 2.0]])
    source = stream("wr%ist", ("acc_x", "acc_y", "acc_z"), START_MS + np.array([0, 1]), rows)
    first, second = (value for *_, value in in_event_time([Recording(user_id, (source,))]))
    reading = Reading.model_validate_json(first, strict=True)
    assert (reading.user_id, reading.sensor_id, reading.timestamp) == (user_id, "wr%ist", START_MS)
    assert reading.measurements.model_dump(exclude_none=True) == dict(
        zip(source.channels, rows[0].tolist(), strict=True)
    )
    assert orjson.loads(second)["measurements"] == {"acc_x": 0.5, "acc_y": None, "acc_z": 2.0}


def test_iso_timestamps() -> None:
    value = next(in_event_time([person("ann", [7])], iso_timestamps=True))[3]
    assert orjson.loads(value)["timestamp"] == "2023-11-14T22:13:20.007Z"
    stamp = Reading.model_validate_json(value, strict=True).timestamp
    assert epoch_ms(str(stamp)) == START_MS + 7


def test_nothing_to_replay() -> None:
    assert list(in_event_time([])) == []
    assert list(in_event_time([person("ann", [])])) == []


def test_simulated_people_go_out_whole() -> None:
    people = [simulate_person(number, 0, 120, START_MS) for number in range(3)]
    sent = list(in_event_time(people))
    assert len(sent) == sum(len(source.timestamp_ms) for each in people for source in each.streams)
    for *_, value in sent[::50]:
        Reading.model_validate_json(value, strict=True)


@given(first=st.integers(0, 10**6), later=st.integers(0, 10**6), speed=st.floats(0.01, 1e6))
def test_pacing_keeps_distances_in_proportion(first: int, later: int, speed: float) -> None:
    due = due_s(START_MS + first + later, first_ms=START_MS + first, speed=speed)
    assert due == pytest.approx(later / 1000 / speed)
    assert due_s(START_MS + first, first_ms=START_MS + first, speed=speed) == 0


@pytest.mark.parametrize("speed", [0, -1, float("nan")])
def test_a_speed_that_leads_nowhere(speed: float) -> None:
    with pytest.raises(ValueError, match="speed"):
        due_s(0, first_ms=0, speed=speed)
