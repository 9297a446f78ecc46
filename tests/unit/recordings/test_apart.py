"""One sensor of one user is in one place at a time."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipelines.core.errors import InputError
from pipelines.recordings.apart import Apart, Held, held
from pipelines.recordings.discover import recordings
from pipelines.sources.recording import Recording, stream
from tests.unit.recordings.on_disk import START_MS, lines, reading


def recording(
    first_s: float, last_s: float, user: str = "ann", sensor: str = "wrist", channel: str = "hr"
) -> Recording:
    """One value a second, both ends included."""
    times = START_MS + np.arange(round(first_s * 1000), round(last_s * 1000) + 1, 1000)
    return Recording(user, (stream(sensor, (channel,), times, np.full((len(times), 1), 70.0)),))


def are_apart(*recordings: Recording) -> bool:
    apart = Apart()
    try:
        for number, each in enumerate(recordings):
            apart.add(Path(f"file{number}"), each)
    except InputError as fault:
        return "file" not in str(fault) or "\n" in str(fault)
    return True


FIRST = recording(0, 3600)


@pytest.mark.parametrize(
    ("other", "apart"),
    [
        (recording(0, 3600), False),
        (recording(600, 660), False),
        (recording(3500, 7200), False),
        (recording(3589, 7200), False),
        (recording(3591, 7200), True),
        (recording(3600, 7200), True),
        (recording(7200, 9000), True),
        (recording(-600, 0), True),
        (recording(-600, 600), False),
        (recording(600, 603), False),
        (recording(600, 600), False),
        (recording(0, 3600, sensor="chest"), True),
        (recording(0, 3600, channel="gsr"), True),
        (recording(0, 3600, user="bob"), True),
    ],
)
def test_a_sensors_channel_is_in_one_recording_at_a_time(other: Recording, apart: bool) -> None:
    assert are_apart(FIRST, other) == apart
    assert are_apart(other, FIRST) == apart


def test_a_recording_may_lie_in_anothers_pause(tmp_path: Path) -> None:
    paused = Recording("ann", (*recording(0, 60).streams, *recording(3600, 3660).streams))
    assert are_apart(paused, recording(600, 660))
    assert not are_apart(paused, recording(600, 660), recording(3590, 3700))


def test_a_copy_of_a_slow_sensor_is_seen(tmp_path: Path) -> None:
    text = [reading(300 * number, temp=33) for number in range(12)]
    lines(tmp_path / "day.jsonl", *text)
    lines(tmp_path / "copy.jsonl", *text)
    with pytest.raises(InputError, match="both hold temp of ann's sensor wrist"):
        recordings([tmp_path])


def test_sets_of_channels_do_not_hide_a_copy(tmp_path: Path) -> None:
    lines(tmp_path / "day.jsonl", *(reading(second, hr=60, gsr=0.5) for second in range(60)))
    lines(tmp_path / "copy.jsonl", *(reading(second, hr=60) for second in range(60)))
    with pytest.raises(InputError, match="both hold hr of ann's sensor wrist"):
        recordings([tmp_path])


def test_files_that_go_on_from_one_another_are_read_in_disorder_too(tmp_path: Path) -> None:
    lines(tmp_path / "09.jsonl", *(reading(second) for second in (*range(58), 60, 61)))
    lines(tmp_path / "10.jsonl", *(reading(second) for second in (59, 58, *range(62, 120))))
    assert sum(len(each.streams[0].values) for each in recordings([tmp_path])) == 120


def test_devices_of_one_user_in_files_of_their_own_are_read(tmp_path: Path) -> None:
    lines(tmp_path / "wrist.jsonl", *(reading(second) for second in range(60)))
    lines(tmp_path / "chest.jsonl", *(reading(second, sensor_id="chest") for second in range(60)))
    lines(tmp_path / "skin.jsonl", *(reading(second, gsr=0.5) for second in range(60)))
    assert [each.user_id for each in recordings([tmp_path])] == ["ann"] * 3


def test_one_file_may_say_what_it_likes(tmp_path: Path) -> None:
    lines(tmp_path / "day.jsonl", *(reading(second) for second in (*range(60), *range(60))))
    assert len(recordings([tmp_path])) == 1


Span = tuple[int, int]
SPANS = st.lists(st.tuples(st.integers(0, 300), st.integers(0, 120)), min_size=1, max_size=3)


@given(SPANS, SPANS)
def test_it_is_decided_by_the_time_that_both_hold(some: list[Span], others: list[Span]) -> None:
    mine, its = measured(some), measured(others)
    shared = int((mine & its).sum())
    one, other = of(some), of(others)
    assert are_apart(one, other) == (shared <= 10_000 and shared <= min(mine.sum(), its.sum()) / 2)


def of(spans: list[Span]) -> Recording:
    """A value each second of the spans."""
    times = np.array(sorted({second for first, length in spans for second in range(first, first + length + 1)}))
    return Recording("ann", (stream("wrist", ("hr",), START_MS + 1000 * times, np.full((len(times), 1), 70.0)),))


def measured(spans: list[Span]) -> NDArray[np.bool_]:
    """Of each millisecond, whether it lies between values that are no more than a minute apart."""
    times = (of(spans).streams[0].timestamp_ms - START_MS).tolist()
    found = np.zeros(430_000, dtype=bool)
    found[times] = True
    for before, after in pairwise(times):
        found[before:after] |= after - before <= 60_000
    return found


def test_what_a_recording_holds_is_written_and_read_back() -> None:
    for each in held(Path("day"), FIRST):
        assert Held.of_json(json.loads(json.dumps(each.as_json()))) == each
