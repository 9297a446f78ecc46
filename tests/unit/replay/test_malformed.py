"""Every malformed message against a second, slow decoder that follows the order of the reasons."""

import json
import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime

import numpy as np
import pytest

from pipelines.replay.malformed import KEY, MALFORMATIONS, Malformation, malformed
from schemas.channels import CHANNELS
from schemas.reasons import MAX_ID_LENGTH, MAX_READING_BYTES, Quarantined
from schemas.windows import EARLIEST_MS, LATEST_MS, MAX_FUTURE_MS

NOW_MS = int(datetime(2030, 1, 1, tzinfo=UTC).timestamp() * 1000)
FIELDS = ("timestamp", "user_id", "sensor_id", "measurements")
VALID = {channel.name: channel.valid for channel in CHANNELS}
ISO_UTC = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z")


class Pairs(list):
    """An object's members in order, repeated ones included."""


def reason_for(key: bytes | None, value: bytes | None) -> Quarantined | None:
    if not value:
        return Quarantined.EMPTY_MESSAGE
    if len(value) > MAX_READING_BYTES:
        return Quarantined.TOO_LARGE
    try:
        document = json.loads(value.decode(), object_pairs_hook=Pairs, parse_constant=_no_constant)
    except RecursionError:
        return _deep(value)
    except ValueError:
        return Quarantined.MALFORMED_JSON
    if not isinstance(document, Pairs):
        return Quarantined.NOT_AN_OBJECT
    return _members(document) or _contents(key, dict(document))


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _deep(value: bytes) -> Quarantined:
    """What is nested too deep for the standard parser is at fault where the nesting begins."""
    if value.startswith(b"["):
        return Quarantined.NOT_AN_OBJECT
    return Quarantined.UNKNOWN_FIELD if value.startswith(b'{"a"') else Quarantined.WRONG_TYPE


def _members(document: Pairs) -> Quarantined | None:
    seen: set[str] = set()
    for name, value in document:
        if name not in FIELDS:
            return Quarantined.UNKNOWN_FIELD
        if name in seen:
            return Quarantined.DUPLICATE_FIELD
        seen.add(name)
        if fault := _typed(name, value):
            return fault
    return None if seen == set(FIELDS) else Quarantined.MISSING_FIELD


def _typed(name: str, value: object) -> Quarantined | None:
    if name == "measurements":
        return _channels(value) if isinstance(value, Pairs) else Quarantined.WRONG_TYPE
    allowed = (str, int) if name == "timestamp" else (str,)
    return None if isinstance(value, allowed) and not isinstance(value, bool) else Quarantined.WRONG_TYPE


def _channels(members: Iterable[tuple[str, object]]) -> Quarantined | None:
    seen: set[str] = set()
    for name, value in members:
        if name not in VALID:
            return Quarantined.UNKNOWN_FIELD
        if name in seen:
            return Quarantined.DUPLICATE_FIELD
        seen.add(name)
        if isinstance(value, bool) or not isinstance(value, int | float | None):
            return Quarantined.WRONG_TYPE
    return None


def _contents(key: bytes | None, reading: dict) -> Quarantined | None:
    if not 1 <= len(reading["user_id"]) <= MAX_ID_LENGTH or any("\ud800" <= c <= "\udfff" for c in reading["user_id"]):
        return Quarantined.BAD_USER_ID
    if not 1 <= len(reading["sensor_id"]) <= MAX_ID_LENGTH:
        return Quarantined.BAD_SENSOR_ID
    if key != reading["user_id"].encode():
        return Quarantined.KEY_MISMATCH
    return _dated(reading["timestamp"]) or _measured(dict(reading["measurements"]))


def _dated(stamp: str | int) -> Quarantined | None:
    if isinstance(stamp, str):
        if not ISO_UTC.fullmatch(stamp):
            return Quarantined.BAD_TIMESTAMP
        try:
            stamp = int(datetime.fromisoformat(stamp).timestamp() * 1000)
        except ValueError:
            return Quarantined.BAD_TIMESTAMP
    if not EARLIEST_MS <= stamp <= LATEST_MS:
        return Quarantined.ABSURD_TIMESTAMP
    return Quarantined.FUTURE_TIMESTAMP if stamp > NOW_MS + MAX_FUTURE_MS else None


def _measured(values: dict[str, float | None]) -> Quarantined | None:
    given = {name: value for name, value in values.items() if value is not None}
    if not given:
        return Quarantined.NO_MEASUREMENTS
    fits = all(math.isfinite(value) and VALID[name][0] <= value <= VALID[name][1] for name, value in given.items())
    return None if fits else Quarantined.OUT_OF_RANGE


@pytest.mark.parametrize("malformation", MALFORMATIONS, ids=lambda each: each.name)
def test_each_message_deserves_its_reason(malformation: Malformation) -> None:
    rng = np.random.default_rng(0)
    for _ in range(25):
        assert reason_for(*malformation.make(rng)) == malformation.reason


def test_the_decoder_here_accepts_a_good_reading() -> None:
    good = b'{"timestamp":1644227574000,"user_id":"broken","sensor_id":"wrist","measurements":{"hr":72,"gsr":null}}'
    assert reason_for(KEY, good) is None


def test_every_reason_that_a_message_alone_decides_is_there() -> None:
    assert {each.reason for each in MALFORMATIONS} == set(Quarantined) - {Quarantined.BAD_FEATURES}
    assert len({each.name for each in MALFORMATIONS}) == len(MALFORMATIONS)


def test_a_draw_is_seeded_and_reaches_the_whole_table() -> None:
    first, second = (np.random.default_rng(5) for _ in range(2))
    assert [malformed(first) for _ in range(50)] == [malformed(second) for _ in range(50)]
    rng = np.random.default_rng(0)
    assert {malformed(rng)[2] for _ in range(1000)} == {each.reason for each in MALFORMATIONS}
