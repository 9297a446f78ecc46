"""A message of the readings topic as a reading, by the rules of the stream's JVM decoder."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from pipelines.core.instants import epoch_ms
from pipelines.sources.message_json import FIELDS, RejectedError, members
from schemas.channels import CHANNELS
from schemas.reasons import MAX_ID_LENGTH, MAX_READING_BYTES, Quarantined
from schemas.windows import EARLIEST_MS, LATEST_MS, MAX_FUTURE_MS

VALID: Final = {channel.name: channel.valid for channel in CHANNELS}
PLAIN_BYTES: Final = 1000
MEMBER_NAMES: Final = frozenset(FIELDS)
SURROGATE: Final = re.compile("[\ud800-\udfff]")
NUMBER_OR_NULL: Final = frozenset((int, float, type(None)))


@dataclass(frozen=True, slots=True)
class Decoded:
    """An accepted reading."""

    user_id: str
    sensor_id: str
    timestamp_ms: int
    measurements: Mapping[str, float]
    """By channel; at least one."""


def decode(key: bytes | None, value: bytes | None, append_ms: int) -> Decoded:
    """The reading of a message that the broker stored at `append_ms`; raises `RejectedError` with the reason.

    >>> decode(b"ann", b'{"timestamp":1e3}', 0)
    Traceback (most recent call last):
    pipelines.sources.message_json.RejectedError: wrong_type
    """
    if not value:
        raise RejectedError(Quarantined.EMPTY_MESSAGE)
    if len(value) > MAX_READING_BYTES:
        raise RejectedError(Quarantined.TOO_LARGE)
    found = _plain(value) or members(value)
    if len(found) < len(FIELDS):
        raise RejectedError(Quarantined.MISSING_FIELD)
    _check_identity(found["user_id"], found["sensor_id"], key)
    timestamp_ms = _instant(found["timestamp"], append_ms)
    _check_measured(found["measurements"])
    return Decoded(found["user_id"], found["sensor_id"], timestamp_ms, found["measurements"])


def _plain(value: bytes) -> dict[str, Any] | None:
    """The members of the usual message, quickly; None wherever only `members` can tell.

    Without escapes every quotation mark begins or ends a name or a text, so their count shows repeated names.
    """
    if len(value) > PLAIN_BYTES or b"\\" in value:
        return None
    try:
        found = orjson.loads(value)
    except orjson.JSONDecodeError:
        return None
    if type(found) is not dict or found.keys() != MEMBER_NAMES:
        return None
    given, at = found["measurements"], found["timestamp"]
    if type(given) is not dict or type(found["user_id"]) is not str or type(found["sensor_id"]) is not str:
        return None
    texts = len(FIELDS) + 2 + len(given) + (type(at) is str)
    if type(at) not in (int, str) or value.count(b'"') != 2 * texts:
        return None
    if not (given.keys() <= VALID.keys() and {type(each) for each in given.values()} <= NUMBER_OR_NULL):
        return None
    found["measurements"] = {name: float(number) for name, number in given.items() if number is not None}
    return found


def _check_identity(user_id: str, sensor_id: str, key: bytes | None) -> None:
    if not _is_identity(user_id):
        raise RejectedError(Quarantined.BAD_USER_ID)
    if not _is_identity(sensor_id):
        raise RejectedError(Quarantined.BAD_SENSOR_ID)
    if key != user_id.encode():
        raise RejectedError(Quarantined.KEY_MISMATCH)


def _is_identity(text: str) -> bool:
    """Of the right length, and text that can be stored: no half of a surrogate pair."""
    return 1 <= len(text) <= MAX_ID_LENGTH and not SURROGATE.search(text)


def _instant(timestamp: int | str, append_ms: int) -> int:
    try:
        at_ms = epoch_ms(timestamp) if isinstance(timestamp, str) else timestamp
    except ValueError:
        raise RejectedError(Quarantined.BAD_TIMESTAMP) from None
    if not EARLIEST_MS <= at_ms <= LATEST_MS:
        raise RejectedError(Quarantined.ABSURD_TIMESTAMP)
    if at_ms > append_ms + MAX_FUTURE_MS:
        raise RejectedError(Quarantined.FUTURE_TIMESTAMP)
    return at_ms


def _check_measured(measurements: Mapping[str, float]) -> None:
    if not measurements:
        raise RejectedError(Quarantined.NO_MEASUREMENTS)
    for name, number in measurements.items():
        low, high = VALID[name]
        if not low <= number <= high:
            raise RejectedError(Quarantined.OUT_OF_RANGE)
