from dataclasses import replace

import numpy as np
import pytest

from pipelines.signals.series.samples import channels, timestamps_ms
from pipelines.sources.recording import (
    Recording,
    Stream,
    accepted,
    judged,
    shifted,
    stream,
    to_readings,
    to_samples,
)
from schemas.channels import CHANNELS, Channel
from schemas.reasons import Quarantined
from schemas.records import Label

START_MS = 1_700_000_000_000
NAN = float("nan")


def wrist(values: list[list[float]], *, every_ms: int = 1000) -> Recording:
    times = START_MS + every_ms * np.arange(len(values))
    label = Label(user_id="ann", label="calm", start_ms=START_MS, end_ms=START_MS + 1000, source="protocol")
    return Recording("ann", (stream("wrist", ("hr", "temp"), times, np.array(values)),), (label,))


def test_samples_hold_every_value_given_in_order_of_time_then_channel() -> None:
    samples = to_samples(wrist([[70.0, 33.0], [NAN, 34.0]]))
    assert timestamps_ms(samples).tolist() == [START_MS, START_MS, START_MS + 1000]
    assert channels(samples).tolist() == [0, 4, 4]
    assert samples["value"].tolist() == [70.0, 33.0, 34.0]


def test_samples_of_several_streams_interleave() -> None:
    slow = stream("a", ("hr",), np.array([1000, 3000]), np.array([[1.0], [3.0]]))
    fast = stream("b", ("gsr",), np.array([2000]), np.array([[2.0]]))
    assert to_samples(Recording("ann", (slow, fast)))["value"].tolist() == [1.0, 2.0, 3.0]
    assert len(to_samples(Recording("ann", ()))) == 0


def test_rows_without_a_value_are_no_readings() -> None:
    assert wrist([[70.0, 33.0], [NAN, NAN]]).streams[0].timestamp_ms.tolist() == [START_MS]


def test_accepted_leaves_out_the_whole_reading() -> None:
    kept = accepted(wrist([[70.0, 33.0], [71.0, 234.95], [NAN, 60.0]])).streams[0]
    assert kept.timestamp_ms.tolist() == [START_MS, START_MS + 2000]


def test_accepted_leaves_out_absurd_dates() -> None:
    clock_fault = stream("wrist", ("hr",), np.array([0, START_MS]), np.array([[70.0], [70.0]]))
    assert accepted(Recording("ann", (clock_fault,))).streams[0].timestamp_ms.tolist() == [START_MS]


@pytest.mark.parametrize("channel", [channel for channel in CHANNELS if channel.none], ids=lambda each: each.name)
def test_what_devices_send_for_no_value_is_not_given(channel: Channel) -> None:
    """Beside a value of another channel it is missing; alone it is no reading."""
    times = START_MS + np.arange(2 * len(channel.none)) * 1000
    values = np.array([[none, other] for none in channel.none for other in (36.5, NAN)])
    kept, left_out = judged(Recording("ann", (stream("wrist", (channel.name, "temp"), times, values),)))
    np.testing.assert_array_equal(kept.streams[0].values, [[NAN, 36.5]] * len(channel.none))
    assert +left_out == {Quarantined.NO_MEASUREMENTS: len(channel.none)}


def test_zero_is_a_value_where_it_can_be_measured() -> None:
    zeros = stream("wrist", ("gsr", "temp", "acc_x"), np.array([START_MS]), np.zeros((1, 3)))
    assert judged(Recording("ann", (zeros,)))[0].streams[0].values.tolist() == [[0, 0, 0]]


@pytest.mark.parametrize("user_id", ["", "x" * 129, "ann\x1b[2J", "a\nb", "a\u2028", "\u202ea", "\ud83d"])
def test_nobody_may_be_called_so(user_id: str) -> None:
    recording = replace(wrist([[70.0, 33.0], [71.0, 234.95]]), user_id=user_id)
    kept, left_out = judged(recording)
    assert len(kept.streams[0].timestamp_ms) == 0
    assert +left_out == {Quarantined.BAD_USER_ID: 2}


def test_the_first_reason_counts() -> None:
    values = np.array([[999.0, NAN], [255.0, NAN], [999.0, 33.0], [70.0, 99.0], [70.0, 33.0]])
    times = np.array([0, 1, START_MS, START_MS, START_MS])
    _, left_out = judged(Recording("ann", (stream("wrist", ("hr", "temp"), times, values),)))
    assert +left_out == {Quarantined.ABSURD_TIMESTAMP: 2, Quarantined.OUT_OF_RANGE: 2}


def test_shifted_moves_readings_and_labels() -> None:
    moved = shifted(wrist([[70.0, 33.0]]), 5000)
    assert moved.streams[0].timestamp_ms.tolist() == [START_MS + 5000]
    assert (moved.labels[0].start_ms, moved.labels[0].end_ms) == (START_MS + 5000, START_MS + 6000)


def test_readings_come_in_event_time_order_with_only_what_was_given() -> None:
    late = stream("later", ("spo2",), np.array([START_MS + 500]), np.array([[98.0]]))
    recording = Recording("ann", (*wrist([[70.0, NAN], [71.0, 33.0]]).streams, late))
    readings = list(to_readings(recording))
    assert [reading.timestamp - START_MS for reading in readings] == [0, 500, 1000]
    assert readings[0].measurements.model_dump(exclude_none=True) == {"hr": 70.0}
    assert list(to_readings(Recording("ann", ()))) == []


@pytest.mark.parametrize(
    ("channels", "times", "values"),
    [
        (("mood",), [0], [[1.0]]),
        ((), [0], [[]]),
        (("hr",), [0, 1], [[1.0]]),
        (("hr",), [1, 0], [[1.0], [1.0]]),
        (("hr",), [0], [[float("inf")]]),
        (("hr",), [0], [[NAN]]),
    ],
)
def test_a_stream_holds_what_it_promises(
    channels: tuple[str, ...], times: list[int], values: list[list[float]]
) -> None:
    with pytest.raises(ValueError, match="wrist"):
        Stream("wrist", channels, np.array(times, dtype=np.int64), np.array(values, dtype=np.float64))
