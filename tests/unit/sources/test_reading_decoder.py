"""The Python decoder: the table of malformed messages, the messages where readers differ, and its two ways as one."""

import json

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.core.instants import epoch_ms
from pipelines.replay.malformed import MALFORMATIONS, Malformation
from pipelines.replay.messages import in_event_time
from pipelines.sources import reading_decoder as decoding
from pipelines.sources.reading_decoder import Decoded, RejectedError, decode, members
from pipelines.sources.simulator import simulate_person
from schemas.channels import CHANNEL_NAMES
from schemas.reasons import Quarantined
from schemas.windows import MAX_FUTURE_MS
from tests.edge_messages import ACCEPTED, REJECTED, STAMP_MS, reading

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


@pytest.mark.parametrize(("expected", "texts"), REJECTED.items())
def test_the_first_fault_gives_the_reason(expected: Quarantined, texts: tuple[str, ...]) -> None:
    found = {text[:80]: reason(b"a", text.encode()) for text in texts}
    assert found == {text[:80]: expected for text in texts}


def test_what_the_stream_accepts_is_accepted() -> None:
    for user, value in ACCEPTED:
        found = decode(user.encode(), value, NOW_MS)
        assert (found.user_id, found.sensor_id) == (user, "w"), value[:80]
        assert found.timestamp_ms // 86_400_000 == STAMP_MS // 86_400_000


def test_a_whole_number_has_no_negative_zero() -> None:
    found = decode(b"a", reading('{"acc_x":-0,"acc_y":-0.0,"hr":72}').encode(), NOW_MS)
    assert found == decode(b"a", reading('{"acc_x":-0,"acc_y":-0.0,"hr":72}').encode() + b" " * 1000, NOW_MS)
    assert [str(value) for value in found.measurements.values()] == ["0.0", "-0.0", "72.0"]


@pytest.mark.parametrize("half", [b"\\ud83d", b"\\ude00\\ud83d", b"\xed\xa0\xbd", b"\xf5\x80\x80\x80"])
def test_half_a_character_names_nobody(half: bytes) -> None:
    """It would be stored as a question mark: another name than the one that was read."""
    value = reading(user_id='"?"', sensor_id='"!"').encode()
    assert reason(b"?", value.replace(b"?", half)) == Quarantined.BAD_USER_ID
    assert reason(b"?", value.replace(b"!", half)) == Quarantined.BAD_SENSOR_ID


def test_a_reading_as_it_was_sent() -> None:
    person = simulate_person(1, 2, 30, STAMP_MS)
    sent = {}
    for user, at_ms, sensor, value in in_event_time([person], iso_timestamps=True):
        found = decode(user.encode(), value, NOW_MS)
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
        ("0000-02-29T00:00:00Z", -62_162_121_600_000),
        ("+12022-02-07T10:00:00Z", 317_213_748_000_000),
        ("-2022-02-07T10:00:00Z", -125_972_114_400_000),
        ("+292278994-08-17T07:12:55.807Z", (1 << 63) - 1),
        ("-292275055-05-16T16:47:04.192Z", -(1 << 63)),
    ],
)
def test_any_year_is_an_instant(text: str, expected: int) -> None:
    assert epoch_ms(text) == expected


@pytest.mark.parametrize(
    "text", ["+292278994-08-17T07:12:55.808Z", "-292275055-05-16T16:47:04.191Z", "٢٠٢٢-02-07T10:00Z"]
)
def test_what_no_long_holds_is_no_instant(text: str) -> None:
    with pytest.raises(ValueError):
        epoch_ms(text)


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
