"""Every malformed message against a second, slow decoder that follows the order of the reasons."""

import json
import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime

import numpy as np
import pytest

from pipelines.replay.malformed import KEY, MALFORMATIONS, Malformation, malformed
from schemas.channels import CHANNELS
from schemas.message_rules import MAX_DEPTH, MAX_ID_LENGTH, MAX_NUMBER_CHARS, MAX_READING_BYTES, MAX_SUCCESSIVE
from schemas.reasons import Quarantined
from schemas.windows import EARLIEST_MS, LATEST_MS, MAX_FUTURE_MS

NOW_MS = int(datetime(2030, 1, 1, tzinfo=UTC).timestamp() * 1000)
FIELDS = ("timestamp", "user_id", "sensor_id", "measurements")
VALID = {channel.name: channel.valid for channel in CHANNELS}
NONE = {channel.name: channel.none for channel in CHANNELS}
ISO_UTC = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z")
MARKS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
"""Of the direction of writing, by Unicode's own table."""


class Pairs(list):
    """An object's members in order, repeated ones included."""


def reason_for(key: bytes | None, value: bytes | None) -> Quarantined | None:
    if not value:
        return Quarantined.EMPTY_MESSAGE
    if len(value) > MAX_READING_BYTES:
        return Quarantined.TOO_LARGE
    try:
        document = json.loads(
            value.decode(), object_pairs_hook=Pairs, parse_constant=_none_such, parse_int=_short, parse_float=_short
        )
    except (ValueError, RecursionError):
        return Quarantined.MALFORMED_JSON
    if _depth(document) > MAX_DEPTH:
        return Quarantined.MALFORMED_JSON
    if not isinstance(document, Pairs):
        return Quarantined.NOT_AN_OBJECT
    return _members(document) or _contents(key, dict(document))


def _none_such(name: str) -> float:
    raise ValueError(name)


def _short(number: str) -> float:
    if len(number) > MAX_NUMBER_CHARS:
        raise ValueError(number)
    return float(number) if {*number} & {*".eE"} or len(number) > 300 else int(number)


def _depth(document: object) -> int:
    if isinstance(document, Pairs):
        return 1 + max((_depth(value) for _, value in document), default=0)
    return 1 + max(map(_depth, document), default=0) if isinstance(document, list) else 0


def _members(document: Pairs) -> Quarantined | None:
    """Of all that is wrong with the members, what comes first in the order of the reasons."""
    found = {_named(document, FIELDS), *(_typed(name, value) for name, value in document if name in FIELDS)}
    for name, value in document:
        if name == "measurements" and isinstance(value, Pairs):
            found |= {_named(value, VALID), *(_measured_type(channel, each) for channel, each in value)}
    if {name for name, _ in document} != set(FIELDS):
        found.add(Quarantined.MISSING_FIELD)
    return min(found - {None}, key=list(Quarantined).index, default=None)


def _named(pairs: Pairs, names: Iterable[str]) -> Quarantined | None:
    given = [name for name, _ in pairs]
    if set(given) - set(names):
        return Quarantined.UNKNOWN_FIELD
    return Quarantined.DUPLICATE_FIELD if len(given) > len(set(given)) else None


def _typed(name: str, value: object) -> Quarantined | None:
    if name == "measurements":
        return None if isinstance(value, Pairs) else Quarantined.WRONG_TYPE
    allowed = (str, int) if name == "timestamp" else (str,)
    return None if isinstance(value, allowed) and not isinstance(value, bool) else Quarantined.WRONG_TYPE


def _measured_type(channel: str, value: object) -> Quarantined | None:
    values = value if channel == "ibi" and isinstance(value, list) and not isinstance(value, Pairs) else [value or 0]
    good = all(isinstance(each, int | float) and not isinstance(each, bool) for each in values)
    return None if good or value is None else Quarantined.WRONG_TYPE


def _contents(key: bytes | None, reading: dict) -> Quarantined | None:
    if not _is_name(reading["user_id"]):
        return Quarantined.BAD_USER_ID
    if not _is_name(reading["sensor_id"]):
        return Quarantined.BAD_SENSOR_ID
    if key != reading["user_id"].encode():
        return Quarantined.KEY_MISMATCH
    return _dated(reading["timestamp"]) or _measured(dict(reading["measurements"]))


def _is_name(text: str) -> bool:
    categories = {unicodedata.category(each) for each in text}
    turning = {each for each in text if unicodedata.bidirectional(each) in MARKS or each in "\u061c\u200e\u200f\ufeff"}
    return 1 <= len(text) <= MAX_ID_LENGTH and not categories & {"Cc", "Cs", "Zl", "Zp"} and not turning


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


def _measured(values: dict[str, float | list[float] | None]) -> Quarantined | None:
    """A list without a known end measures nothing, but its values are judged where something else was measured."""
    lists = {name: value if isinstance(value, list) else [value] for name, value in values.items() if value is not None}
    if not any(value[-1] not in NONE[name] for name, value in lists.items() if value):
        return Quarantined.NO_MEASUREMENTS
    fits = all(
        each in NONE[name] or VALID[name][0] <= each <= VALID[name][1]
        for name, value in lists.items()
        for each in value
    )
    return None if fits and all(len(value) <= MAX_SUCCESSIVE for value in lists.values()) else Quarantined.OUT_OF_RANGE


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
