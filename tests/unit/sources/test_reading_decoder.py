"""The Python decoder: the table of malformed messages, the messages where readers differ, and its two ways as one."""

import itertools
import json
from datetime import UTC, datetime, timedelta

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.core.instants import epoch_ms
from pipelines.replay.malformed import MALFORMATIONS, Malformation
from pipelines.replay.messages import in_event_time
from pipelines.sources import reading_decoder as decoding
from pipelines.sources.reading_decoder import Decoded, RejectedError, decode, decode_line, members
from pipelines.sources.simulator import simulate_person
from schemas.channels import CHANNEL_NAMES, CHANNELS, Channel
from schemas.message_rules import FORBIDDEN_IN_IDS
from schemas.reasons import Quarantined
from schemas.windows import EARLIEST_MS, MAX_FUTURE_MS
from tests.edge_messages import ACCEPTED, EMOJI, REJECTED, STAMP_MS, reading

NOW_MS = 1_900_000_000_000


def reason(key: bytes | None, value: bytes | None, append_ms: int = NOW_MS) -> Quarantined | None:
    try:
        decode(key, value, append_ms)
    except RejectedError as fault:
        return fault.reason
    return None


@pytest.mark.parametrize("malformation", MALFORMATIONS, ids=lambda each: each.name)
def test_each_malformed_message_gets_its_reason(malformation: Malformation) -> None:
    rng = np.random.default_rng(0)
    for _ in range(25):
        assert reason(*malformation.make(rng)) == malformation.reason


@pytest.mark.parametrize(("expected", "values"), REJECTED.items())
def test_the_first_fault_gives_the_reason(expected: Quarantined, values: tuple[bytes, ...]) -> None:
    found = [(value[-80:], reason(b"a", value)) for value in values]
    assert found == [(value[-80:], expected) for value in values]


def test_what_the_stream_accepts_is_accepted() -> None:
    for user, value in ACCEPTED:
        *_, found = decode(user.encode(), value, NOW_MS)
        assert (found.user_id, found.sensor_id) == (user, "w"), value[:80]
        assert found.timestamp_ms // 86_400_000 == STAMP_MS // 86_400_000


def test_a_whole_number_has_no_negative_zero() -> None:
    value = reading('{"acc_x":-0,"acc_y":-0.0,"hr":72}').encode()
    (found,) = decode(b"a", value, NOW_MS)
    assert decode(b"a", value + b" " * 1000, NOW_MS) == (found,)
    assert [str(value) for value in found.measurements.values()] == ["0.0", "-0.0", "72.0"]


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda each: each.name)
def test_a_number_that_stands_for_no_value_is_none(channel: Channel) -> None:
    """Of this channel alone: the others of the message count."""
    other = "temp" if channel.name != "temp" else "hr"
    for none in channel.none:
        (found,) = decode(b"a", reading(f'{{"{channel.name}":{none}.0,"{other}":36.5}}').encode(), NOW_MS)
        assert found.measurements == {other: 36.5}
        assert reason(b"a", reading(f'{{"{channel.name}":{none}}}').encode()) == Quarantined.NO_MEASUREMENTS
    kept = next(number for number in (1.0, 30.0, 300.0) if channel.valid[0] <= number <= channel.valid[1])
    (found,) = decode(b"a", reading(f'{{"{channel.name}":{kept}}}').encode(), NOW_MS)
    assert found.measurements == {channel.name: kept}


@pytest.mark.parametrize(
    ("ibi", "expected"),
    [
        ("[800]", [(0, 800)]),
        ("[800,820]", [(-820, 800), (0, 820)]),
        ("[800,820.5,830]", [(-1650, 800), (-830, 820.5), (0, 830)]),
        ("[800,820.5]", [(-820, 800), (0, 820.5)]),
        ("[800,821.5]", [(-822, 800), (0, 821.5)]),
        ("[800,255,65535,810,820]", [(-820, 810), (0, 820)]),
        ("[0,800]", [(0, 800)]),
    ],
)
def test_a_list_is_successive_beats(ibi: str, expected: list[tuple[int, float]]) -> None:
    """The last ends at the timestamp; halves go to the even millisecond. What precedes an unknown one has no place."""
    found = decode(b"a", reading(f'{{"hr":72,"ibi":{ibi},"gsr":null}}').encode(), NOW_MS)
    assert [(each.timestamp_ms - STAMP_MS, each.measurements["ibi"]) for each in found] == expected
    assert [dict(each.measurements) for each in found[:-1]] == [{"ibi": value} for _, value in expected[:-1]]
    assert found[-1].measurements == {"hr": 72, "ibi": expected[-1][1]}


@pytest.mark.parametrize("ibi", ["[]", "[800,0]", "null", "65535"])
def test_a_list_without_a_known_end_gives_nothing(ibi: str) -> None:
    assert decode(b"a", reading(f'{{"hr":72,"ibi":{ibi}}}').encode(), NOW_MS)[0].measurements == {"hr": 72}
    assert reason(b"a", reading(f'{{"ibi":{ibi}}}').encode()) == Quarantined.NO_MEASUREMENTS


@pytest.mark.parametrize("stamp_ms", [EARLIEST_MS + 790, EARLIEST_MS + 789])
def test_the_first_beat_of_a_list_has_the_bounds_of_a_message(stamp_ms: int) -> None:
    value = f'{{"timestamp":{stamp_ms},"user_id":"a","sensor_id":"w","measurements":{{"ibi":[800,790]}}}}'.encode()
    absurd = stamp_ms - 790 < EARLIEST_MS
    assert reason(b"a", value) == (Quarantined.ABSURD_TIMESTAMP if absurd else None)
    if absurd:
        with pytest.raises(RejectedError, match="absurd_timestamp: 946684799999"):
            decode_line(value)


@given(st.lists(st.floats(200, 4000), min_size=1, max_size=256))
def test_beats_follow_each_other(intervals: list[float]) -> None:
    found = decode(b"a", reading(f'{{"ibi":{json.dumps(intervals)}}}').encode(), NOW_MS)
    assert [each.measurements["ibi"] for each in found] == intervals
    for earlier, later in itertools.pairwise(found):
        assert abs(later.timestamp_ms - earlier.timestamp_ms - later.measurements["ibi"]) <= 1


@pytest.mark.parametrize("point", [point for bounds in FORBIDDEN_IN_IDS for point in bounds])
def test_no_id_has_a_character_that_a_terminal_obeys_or_that_hides(point: int) -> None:
    escaped = reading(user_id=f'"x\\u{point:04x}"').encode()
    assert reason(f"x{chr(point)}".encode("utf-8", "replace"), escaped) == Quarantined.BAD_USER_ID
    assert reason(b"a", reading(sensor_id=f'"x\\u{point:04x}"').encode()) == Quarantined.BAD_SENSOR_ID


def test_nothing_forbidden_is_printable() -> None:
    """So that what is printable need not be looked at further."""
    assert not [
        point for first, last in FORBIDDEN_IN_IDS for point in range(first, last + 1) if chr(point).isprintable()
    ]


@pytest.mark.parametrize("text", [EMOJI, "\u200d", "\u200c", "\u00a0", "\ufffd", "a" * 128])
def test_other_characters_name_somebody(text: str) -> None:
    (found,) = decode(text.encode(), reading(user_id=json.dumps(text, ensure_ascii=False)).encode(), NOW_MS)
    assert found.user_id == text


def test_a_reading_as_it_was_sent() -> None:
    person = simulate_person(1, 2, 30, STAMP_MS)
    sent = {}
    for user, at_ms, sensor, value in in_event_time([person], iso_timestamps=True):
        (found,) = decode(user.encode(), value, NOW_MS)
        sent.setdefault(sensor, []).append((found.timestamp_ms, *found.measurements.values()))
        assert found == Decoded(person.user_id, sensor, at_ms, found.measurements)
    for stream in person.streams:
        rows = np.column_stack([stream.timestamp_ms, stream.values])
        np.testing.assert_array_equal(np.array(sent[stream.sensor_id]), rows)


@pytest.mark.parametrize(("ahead_ms", "expected"), [(0, None), (1, Quarantined.FUTURE_TIMESTAMP)])
def test_the_future_begins_after_the_append_time(ahead_ms: int, expected: Quarantined | None) -> None:
    assert reason(b"a", reading().encode(), STAMP_MS - MAX_FUTURE_MS - ahead_ms) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1969-12-31T23:59:59.9999Z", -1),
        ("2000-02-29T00:00:00Z", 951_782_400_000),
        ("2022-02-07T10:00:00.123999999+00:00", 1_644_228_000_123),
        ("2022-02-07t10:00-00:00", 1_644_228_000_000),
        ("0001-01-01T00:00Z", -62_135_596_800_000),
        ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
    ],
)
def test_instants(text: str, expected: int) -> None:
    assert epoch_ms(text) == expected


@given(st.datetimes(timezones=st.just(UTC)))
def test_an_instant_is_that_of_the_calendar(moment: datetime) -> None:
    assert epoch_ms(moment.isoformat()) == (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


NUMBERS = st.none() | st.floats(-500, 500) | st.integers(-500, 500) | st.sampled_from([1e-320, -0.0, 10**25, 1e300])
MEMBERS = {
    "timestamp": st.integers(-1, 1 << 65) | st.datetimes().map(lambda at: f"{at.isoformat()}Z"),
    "user_id": st.text(max_size=4),
    "sensor_id": st.text(max_size=4),
    "measurements": st.dictionaries(st.sampled_from([*CHANNEL_NAMES, "mood"]), NUMBERS, max_size=4),
}


@given(
    message=st.fixed_dictionaries(MEMBERS) | st.fixed_dictionaries({}, optional=MEMBERS),
    is_ascii=st.booleans(),
    cut=st.none() | st.integers(0, 60),
)
def test_the_quick_way_gives_what_the_exact_one_does(message: dict, is_ascii: bool, cut: int | None) -> None:
    value = json.dumps(message, ensure_ascii=is_ascii).encode("utf-8", "surrogatepass")[:cut]
    quick = decoding._plain(value)
    if quick is not None:
        assert orjson.dumps(quick) == orjson.dumps(members(value)), "signs of zeros included"


def test_the_quick_way_is_the_usual_one() -> None:
    assert decoding._plain(reading().encode()) == members(reading().encode())


@given(st.binary(max_size=40) | st.text(max_size=40).map(str.encode))
def test_any_bytes_get_a_reason(value: bytes) -> None:
    assert reason(b"a", value) is not None
