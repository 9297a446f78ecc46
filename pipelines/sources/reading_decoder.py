"""A message of the readings topic as readings, by the rules of the JVM's decoder: the same answer to any bytes."""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import orjson

from pipelines.core.instants import epoch_ms
from schemas.channels import CHANNELS
from schemas.message_rules import MAX_DEPTH, MAX_NUMBER_CHARS, MAX_READING_BYTES, MAX_SUCCESSIVE, is_identity
from schemas.reasons import Quarantined
from schemas.windows import EARLIEST_MS, LATEST_MS, MAX_FUTURE_MS

Measured = Mapping[str, float | list[float]]
"""By channel, as sent: a number, or a list of successive ones."""

FIELDS: Final = ("timestamp", "user_id", "sensor_id", "measurements")
MEMBER_NAMES: Final = frozenset(FIELDS)
RULES: Final = {channel.name: (*channel.valid, channel.none) for channel in CHANNELS}
"""Lowest, highest, and what stands for "no value"."""

PLAUSIBLE: Final = {channel.name: channel.plausible for channel in CHANNELS}
"""Within the range, and free of what stands for "no value"."""

SUCCESSIVE: Final = frozenset(channel.name for channel in CHANNELS if channel.successive)
ORDER: Final = tuple(Quarantined)
DETAIL_CHARS: Final = 100
LARGEST: Final = math.nextafter(math.inf, 0)


class RejectedError(Exception):
    """A message that no reading can be made of: the reason, and the field at fault or what is wrong there, cut."""

    def __init__(self, reason: Quarantined, detail: str = "") -> None:
        detail = detail if len(detail) <= DETAIL_CHARS else f"{detail[:DETAIL_CHARS]}…"
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Decoded:
    """A reading."""

    user_id: str
    sensor_id: str
    timestamp_ms: int
    measurements: Mapping[str, float]
    """By channel; at least one."""


def decode(key: bytes | None, value: bytes | None, append_ms: int) -> tuple[Decoded, ...]:
    """The readings of a message that the broker stored at `append_ms`; raises `RejectedError` with the reason.

    It is one, or with a list of n successive values n: each at the instant at which it ended, in order of time, the
    last with all other channels. Numbers that a channel's devices send for "no value" are left out.

    >>> decode(b"ann", b'{"timestamp":1e3}', 0)
    Traceback (most recent call last):
    pipelines.sources.reading_decoder.RejectedError: wrong_type: timestamp
    """
    found = _members(value)
    if key != found["user_id"].encode():
        raise RejectedError(Quarantined.KEY_MISMATCH, "key is not user_id" if key is not None else "no key")
    at_ms = _instant(found["timestamp"], append_ms)
    if _is_usual(found["measurements"]):
        return (Decoded(found["user_id"], found["sensor_id"], at_ms, found["measurements"]),)
    measured, beyond = _judged(found["measurements"])
    if not measured:
        raise RejectedError(Quarantined.NO_MEASUREMENTS, "measurements")
    if beyond:
        raise RejectedError(Quarantined.OUT_OF_RANGE, f"measurements.{beyond[0]} = {beyond[1]}")
    return _readings(found, at_ms, measured)


def decode_line(line: bytes) -> tuple[Decoded, ...]:
    """The readings of a message that was kept in a file, where it has no key and nothing is in the future.

    Numbers stay as they were sent, for `recording.judged` and the stream to judge: those out of range, and those that
    stand for "no value". A list with a value out of range becomes one reading of it. Raises `RejectedError` for all
    else, `NO_MEASUREMENTS` where there is no number at all.

    >>> line = b'{"timestamp":1644228000000,"user_id":"ann","sensor_id":"belt","measurements":{"ibi":[800,820]}}'
    >>> [(each.timestamp_ms, each.measurements) for each in decode_line(line)]
    [(1644227999180, {'ibi': 800.0}), (1644228000000, {'ibi': 820.0})]
    """
    found = _members(line)
    at_ms = _instant(found["timestamp"], LATEST_MS)
    given: Measured = found["measurements"]
    measured, beyond = _judged(given)
    if measured and beyond:
        alone = {name: each for name, each in given.items() if not isinstance(each, list)} | dict([beyond])
        numbers = {name: max(-LARGEST, min(each, LARGEST)) for name, each in alone.items()}
        return (Decoded(found["user_id"], found["sensor_id"], at_ms, numbers),)
    parts = {name: _placed(name, each) if isinstance(each, list) else each for name, each in given.items()}
    placed = {name: part for name, part in parts.items() if part != []}
    if not placed:
        raise RejectedError(Quarantined.NO_MEASUREMENTS, "measurements")
    return _readings(found, at_ms, placed)


def members(value: bytes) -> dict[str, Any]:
    """The message's members by name, of the right types; a timestamp as it is written, no null among measurements.

    Raises `RejectedError`: malformed JSON first, then what else is wrong, in the order of the reasons.

    >>> members(b'{"timestamp":1,"user_id":"a","sensor_id":"w","measurements":{"hr":72,"gsr":null}}')["measurements"]
    {'hr': 72.0}
    """
    document = _document(value)
    if not isinstance(document, _Object):
        raise RejectedError(Quarantined.NOT_AN_OBJECT, "the message is no JSON object")
    faults = sorted(_faults(document), key=lambda fault: ORDER.index(fault[0]))
    if faults:
        raise RejectedError(*faults[0])
    found = dict(document)
    for name in FIELDS:
        if name not in found:
            raise RejectedError(Quarantined.MISSING_FIELD, name)
    found["measurements"] = _as_floats(dict(found["measurements"]))
    return found


class _Object(tuple[tuple[str, Any], ...]):
    """An object's members in order, repeated ones included."""


def _document(value: bytes) -> object:
    """One JSON text in UTF-8, within the limits."""
    try:
        text = value.decode()
        _check_depth(text)
        return JSON.decode(text)
    except ValueError as fault:
        raise RejectedError(Quarantined.MALFORMED_JSON, str(fault)) from None


STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*+"', re.S)
BRACKET: Final = re.compile(r"[][{}]")


def _check_depth(text: str) -> None:
    """Up to where the text may stop to be JSON, brackets outside of strings are its nesting."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for bracket in BRACKET.findall(STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > MAX_DEPTH:
            raise ValueError(f"nested deeper than {MAX_DEPTH}")


def _short(number: str) -> str:
    if len(number) > MAX_NUMBER_CHARS:
        raise ValueError(f"a number of more than {MAX_NUMBER_CHARS} characters")
    return number


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


JSON: Final = json.JSONDecoder(
    object_pairs_hook=_Object,
    parse_int=lambda number: int(_short(number)),
    parse_float=lambda number: float(_short(number)),
    parse_constant=_no_constant,
)


def _faults(document: _Object) -> Iterator[tuple[Quarantined, str]]:
    yield from _misnamed(document, MEMBER_NAMES, "")
    for name, each in document:
        if name == "measurements" and isinstance(each, _Object):
            yield from _misnamed(each, RULES, "measurements.")
            yield from (
                (Quarantined.WRONG_TYPE, f"measurements.{channel}")
                for channel, number in each
                if not _is_measurement(channel, number)
            )
        elif name in MEMBER_NAMES and not _is_member(name, each):
            yield Quarantined.WRONG_TYPE, name


def _misnamed(
    pairs: _Object, names: frozenset[str] | Mapping[str, object], of: str
) -> Iterator[tuple[Quarantined, str]]:
    seen: set[str] = set()
    for name, _ in pairs:
        if name not in names:
            yield Quarantined.UNKNOWN_FIELD, of + name
        if name in seen:
            yield Quarantined.DUPLICATE_FIELD, of + name
        seen.add(name)


def _is_member(name: str, value: object) -> bool:
    """Whether a member other than measurements, or what stands in their place, is of its type."""
    return (type(value) is str and name != "measurements") or (type(value) is int and name == "timestamp")


NUMBER: Final = frozenset((int, float))
NUMBER_OR_NULL: Final = NUMBER | {type(None)}


def _is_measurement(channel: str, value: Any) -> bool:  # noqa: ANN401
    if type(value) is list:
        return channel in SUCCESSIVE and {type(each) for each in value} <= NUMBER
    return type(value) in NUMBER_OR_NULL


def _as_floats(given: Mapping[str, Any]) -> dict[str, float | list[float]]:
    """Without null. A whole number has no negative zero."""
    return {
        name: [_float(each) for each in value] if type(value) is list else _float(value)
        for name, value in given.items()
        if value is not None
    }


def _float(number: float) -> float:
    """Infinite beyond what a float holds."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


PLAIN_BYTES: Final = min(1_000, MAX_NUMBER_CHARS)
"""Of the usual message; no number in it can be too long."""


def _members(value: bytes | None) -> dict[str, Any]:
    """The members, ids judged."""
    if not value:
        raise RejectedError(Quarantined.EMPTY_MESSAGE, "the message has no value")
    if len(value) > MAX_READING_BYTES:
        raise RejectedError(Quarantined.TOO_LARGE, f"{len(value)} bytes, at most {MAX_READING_BYTES}")
    found = _plain(value) or members(value)
    if not is_identity(found["user_id"]):
        raise RejectedError(Quarantined.BAD_USER_ID, "user_id")
    if not is_identity(found["sensor_id"]):
        raise RejectedError(Quarantined.BAD_SENSOR_ID, "sensor_id")
    return found


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
    if not given.keys() <= RULES.keys():
        return None
    if {type(each) for each in given.values()} <= NUMBER_OR_NULL:
        found["measurements"] = {name: float(number) for name, number in given.items() if number is not None}
    elif all(_is_measurement(channel, each) for channel, each in given.items()):
        found["measurements"] = _as_floats(given)
    else:
        return None
    return found


def _instant(timestamp: int | str, append_ms: int) -> int:
    try:
        at_ms = epoch_ms(timestamp) if isinstance(timestamp, str) else timestamp
    except ValueError:
        raise RejectedError(Quarantined.BAD_TIMESTAMP, f"{timestamp!r} is not ISO-8601 in UTC") from None
    if not EARLIEST_MS <= at_ms <= LATEST_MS:
        raise RejectedError(Quarantined.ABSURD_TIMESTAMP, str(at_ms)[:20])
    if at_ms > append_ms + MAX_FUTURE_MS:
        raise RejectedError(Quarantined.FUTURE_TIMESTAMP, f"{at_ms - append_ms} ms ahead of the broker")
    return at_ms


def _is_usual(given: Measured) -> bool:
    """Whether there are numbers, all of them such as a worn device measures: then there is nothing to judge."""
    for name, value in given.items():
        low, high = PLAUSIBLE[name]
        if isinstance(value, list) or not low <= value <= high:
            return False
    return bool(given)


def _judged(given: Measured) -> tuple[Measured, tuple[str, float] | None]:
    """What was measured, and the first channel and number out of its range; infinity for a list that is too long.

    Not measured is what stands for "no value", and of a list what has no place in time: it is judged all the same.
    """
    measured: dict[str, float | list[float]] = {}
    beyond: tuple[str, float] | None = None
    for name, value in given.items():
        low, high, none = RULES[name]
        if isinstance(value, list):
            if part := _placed(name, value):
                measured[name] = part
            beyond = beyond or _beyond(name, value)
        elif value not in none:
            measured[name] = value
            if not low <= value <= high and not beyond:
                beyond = name, value
    return measured, beyond


def _placed(name: str, durations: list[float]) -> list[float]:
    """What follows the last unknown duration: when those before it were, nobody can say."""
    none = RULES[name][2]
    unknown = [place for place, each in enumerate(durations) if each in none]
    return durations[unknown[-1] + 1 :] if unknown else durations


def _beyond(name: str, durations: list[float]) -> tuple[str, float] | None:
    low, high, none = RULES[name]
    if len(durations) > MAX_SUCCESSIVE:
        return name, math.inf
    return next(((name, each) for each in durations if not low <= each <= high and each not in none), None)


def _readings(found: Mapping[str, Any], at_ms: int, measured: Measured) -> tuple[Decoded, ...]:
    user_id, sensor_id = found["user_id"], found["sensor_id"]
    lists = {name: each for name in SUCCESSIVE if isinstance(each := measured.get(name), list)}
    last = {**measured, **{name: durations[-1] for name, durations in lists.items()}} if lists else measured
    earlier = [
        Decoded(user_id, sensor_id, at_ms - ago_ms, {name: number})
        for name, durations in lists.items()
        for ago_ms, number in _earlier(durations)
    ]
    first_ms = min((each.timestamp_ms for each in earlier), default=at_ms)
    if first_ms < EARLIEST_MS:
        raise RejectedError(Quarantined.ABSURD_TIMESTAMP, str(first_ms))
    return (*earlier, Decoded(user_id, sensor_id, at_ms, cast(Mapping[str, float], last)))


def _earlier(durations: Sequence[float]) -> list[tuple[int, float]]:
    """How long before the last one each other ended, rounded half to even, and its length; ascending in time."""
    found, later = [], 0.0
    for place in range(len(durations) - 1, 0, -1):
        later += durations[place]
        found.append((round(later), durations[place - 1]))
    return found[::-1]
