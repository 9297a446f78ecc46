"""Messages that no reading can be made of: one table of what is wrong and the quarantine reason each must get."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import orjson
from numpy.random import Generator

from schemas.message_rules import MAX_ID_LENGTH, MAX_NUMBER_CHARS, MAX_READING_BYTES, MAX_SUCCESSIVE
from schemas.reasons import Quarantined

Message = tuple[bytes | None, bytes | None]
"""key and value."""

START_MS: Final = 1_644_227_574_000
USER: Final = "broken"
KEY: Final = USER.encode()
DEPTH: Final = 10_000
HUGE_BYTES: Final = 200_000
HALF: Final = '"\\ud83d"'
"""Half of a surrogate pair, which no text can hold: stored, it becomes a question mark."""


@dataclass(frozen=True)
class Malformation:
    """One way to be wrong. Each message has this fault alone, so its reason follows from the message."""

    name: str
    reason: Quarantined
    make: Callable[[Generator], Message]


def malformed(rng: Generator) -> tuple[bytes | None, bytes | None, Quarantined]:
    """A random malformed message: key, value and the reason it must be quarantined for."""
    malformation = MALFORMATIONS[int(rng.integers(len(MALFORMATIONS)))]
    return (*malformation.make(rng), malformation.reason)


def _reading(
    rng: Generator,
    *,
    timestamp: str | None = None,
    user_id: str = f'"{USER}"',
    measurements: str = '{"hr":72.5,"gsr":1.25}',
) -> bytes:
    """A good reading, but for the members given as JSON text."""
    stamp = str(START_MS + int(rng.integers(3_600_000))) if timestamp is None else timestamp
    text = f'{{"timestamp":{stamp},"user_id":{user_id},"sensor_id":"wrist","measurements":{measurements}}}'
    return text.encode()


def _constant(value: bytes | None) -> Callable[[Generator], Message]:
    return lambda rng: (KEY, value)


def _stamped(timestamp: str) -> Callable[[Generator], Message]:
    return lambda rng: (KEY, _reading(rng, timestamp=timestamp))


def _measuring(measurements: str) -> Callable[[Generator], Message]:
    return lambda rng: (KEY, _reading(rng, measurements=measurements))


def _named(user_id: str) -> Callable[[Generator], Message]:
    return lambda rng: (user_id.encode(), _reading(rng, user_id=f'"{user_id}"'))


def _keyed(key: bytes | None) -> Callable[[Generator], Message]:
    return lambda rng: (key, _reading(rng))


def _without(field: str) -> Callable[[Generator], Message]:
    def make(rng: Generator) -> Message:
        reading = orjson.loads(_reading(rng))
        del reading[field]
        return KEY, orjson.dumps(reading)

    return make


def _replaced(old: bytes, new: bytes) -> Callable[[Generator], Message]:
    return lambda rng: (KEY, _reading(rng).replace(old, new))


def _truncated(rng: Generator) -> Message:
    whole = _reading(rng)
    return KEY, whole[: int(rng.integers(1, len(whole)))]


def _padded(rng: Generator) -> Message:
    return KEY, _reading(rng) + b" " * HUGE_BYTES


def _nested(opening: str, closing: str) -> str:
    return opening * DEPTH + "1" + closing * DEPTH


MALFORMATIONS: Final = (
    Malformation("tombstone", Quarantined.EMPTY_MESSAGE, _constant(None)),
    Malformation("zero bytes", Quarantined.EMPTY_MESSAGE, _constant(b"")),
    Malformation("huge padding", Quarantined.TOO_LARGE, _padded),
    Malformation("huge junk", Quarantined.TOO_LARGE, _constant(b"\x00" * HUGE_BYTES)),
    Malformation("one byte too large", Quarantined.TOO_LARGE, _constant(b"[" * (MAX_READING_BYTES + 1))),
    Malformation("truncated", Quarantined.MALFORMED_JSON, _truncated),
    Malformation("blank", Quarantined.MALFORMED_JSON, _constant(b"  \n")),
    Malformation("words", Quarantined.MALFORMED_JSON, _constant(b"not json")),
    Malformation("CSV", Quarantined.MALFORMED_JSON, _constant(b"hr,72.5")),
    Malformation("zero bytes inside", Quarantined.MALFORMED_JSON, _constant(b"\x00\x01\x02")),
    Malformation("text after the object", Quarantined.MALFORMED_JSON, _replaced(b"}}", b"}} and more")),
    Malformation("two objects", Quarantined.MALFORMED_JSON, _replaced(b"}}", b"}}{}")),
    Malformation("trailing comma", Quarantined.MALFORMED_JSON, _replaced(b"}}", b"},}")),
    Malformation("single quotes", Quarantined.MALFORMED_JSON, _replaced(b'"', b"'")),
    Malformation("raw line feed in text", Quarantined.MALFORMED_JSON, _replaced(b"wrist", b"wr\nist")),
    Malformation("invalid UTF-8", Quarantined.MALFORMED_JSON, _replaced(b"wrist", b"wr\xff\xfeist")),
    Malformation("overlong UTF-8", Quarantined.MALFORMED_JSON, _replaced(b"wrist", b"wr\xc0\x80ist")),
    Malformation("surrogate in UTF-8", Quarantined.MALFORMED_JSON, _replaced(b"wrist", b"wr\xed\xa0\xbdist")),
    Malformation("byte order mark", Quarantined.MALFORMED_JSON, lambda rng: (KEY, b"\xef\xbb\xbf" + _reading(rng))),
    Malformation("UTF-16", Quarantined.MALFORMED_JSON, lambda rng: (KEY, _reading(rng).decode().encode("utf-16"))),
    Malformation("deep array", Quarantined.MALFORMED_JSON, _constant(_nested("[", "]").encode())),
    Malformation("deep unknown field", Quarantined.MALFORMED_JSON, _constant(_nested('{"a":', "}").encode())),
    Malformation("deep measurement", Quarantined.MALFORMED_JSON, _measuring('{"hr":' + _nested("[", "]") + "}")),
    Malformation(
        "endless number", Quarantined.MALFORMED_JSON, _measuring('{"hr":' + "7" * (MAX_NUMBER_CHARS + 1) + "}")
    ),
    Malformation("leading zero", Quarantined.MALFORMED_JSON, _measuring('{"hr":072}')),
    Malformation("NaN literal", Quarantined.MALFORMED_JSON, _measuring('{"hr":NaN}')),
    Malformation("Infinity literal", Quarantined.MALFORMED_JSON, _measuring('{"hr":-Infinity}')),
    Malformation("array", Quarantined.NOT_AN_OBJECT, _constant(b"[1,2,3]")),
    Malformation("array of readings", Quarantined.NOT_AN_OBJECT, lambda rng: (KEY, b"[" + _reading(rng) + b"]")),
    Malformation("text", Quarantined.NOT_AN_OBJECT, _constant(b'"72.5"')),
    Malformation("number", Quarantined.NOT_AN_OBJECT, _constant(b"72.5")),
    Malformation("null literal", Quarantined.NOT_AN_OBJECT, _constant(b"null")),
    Malformation("unknown field", Quarantined.UNKNOWN_FIELD, _replaced(b"}}", b'},"mood":"good"}')),
    Malformation("unknown channel", Quarantined.UNKNOWN_FIELD, _measuring('{"hr":72.5,"glucose":5.4}')),
    Malformation("repeated field", Quarantined.DUPLICATE_FIELD, _replaced(b"}}", b'},"user_id":"%b"}' % KEY)),
    Malformation("repeated channel", Quarantined.DUPLICATE_FIELD, _measuring('{"hr":72.5,"hr":72.5}')),
    Malformation("fractional timestamp", Quarantined.WRONG_TYPE, _stamped(f"{START_MS}.5")),
    Malformation("boolean timestamp", Quarantined.WRONG_TYPE, _stamped("true")),
    Malformation("numeric user", Quarantined.WRONG_TYPE, lambda rng: (b"7", _reading(rng, user_id="7"))),
    Malformation("numeric sensor", Quarantined.WRONG_TYPE, _replaced(b'"wrist"', b"7")),
    Malformation("list of measurements", Quarantined.WRONG_TYPE, _measuring("[72.5]")),
    Malformation("number as text", Quarantined.WRONG_TYPE, _measuring('{"hr":"72.5"}')),
    Malformation("NaN as text", Quarantined.WRONG_TYPE, _measuring('{"hr":"NaN"}')),
    Malformation("boolean measurement", Quarantined.WRONG_TYPE, _measuring('{"hr":true}')),
    Malformation("nested measurement", Quarantined.WRONG_TYPE, _measuring('{"hr":{"value":72.5}}')),
    Malformation("list of another channel", Quarantined.WRONG_TYPE, _measuring('{"hr":[72,73]}')),
    Malformation("null among beats", Quarantined.WRONG_TYPE, _measuring('{"ibi":[800,null,810]}')),
    Malformation("empty object", Quarantined.MISSING_FIELD, _constant(b"{}")),
    Malformation("no timestamp", Quarantined.MISSING_FIELD, _without("timestamp")),
    Malformation("no user", Quarantined.MISSING_FIELD, _without("user_id")),
    Malformation("no sensor", Quarantined.MISSING_FIELD, _without("sensor_id")),
    Malformation("no measurements field", Quarantined.MISSING_FIELD, _without("measurements")),
    Malformation("empty user", Quarantined.BAD_USER_ID, _named("")),
    Malformation("half a character as user", Quarantined.BAD_USER_ID, lambda rng: (b"?", _reading(rng, user_id=HALF))),
    Malformation("escape sequence as user", Quarantined.BAD_USER_ID, _replaced(b'"%b"' % KEY, b'"\\u001b[2J"')),
    Malformation("user who turns the line around", Quarantined.BAD_USER_ID, _named("ann\u202e")),
    Malformation("overlong user", Quarantined.BAD_USER_ID, _named("u" * (MAX_ID_LENGTH + 1))),
    Malformation("empty sensor", Quarantined.BAD_SENSOR_ID, _replaced(b'"wrist"', b'""')),
    Malformation("line feed in sensor", Quarantined.BAD_SENSOR_ID, _replaced(b"wrist", b"wr\\nist")),
    Malformation("another's key", Quarantined.KEY_MISMATCH, _keyed(b"somebody else")),
    Malformation("empty key", Quarantined.KEY_MISMATCH, _keyed(b"")),
    Malformation("no key", Quarantined.KEY_MISMATCH, _keyed(None)),
    Malformation("word as timestamp", Quarantined.BAD_TIMESTAMP, _stamped('"yesterday"')),
    Malformation("empty timestamp", Quarantined.BAD_TIMESTAMP, _stamped('""')),
    Malformation("epoch as text", Quarantined.BAD_TIMESTAMP, _stamped(f'"{START_MS}"')),
    Malformation("date alone", Quarantined.BAD_TIMESTAMP, _stamped('"2022-02-07"')),
    Malformation("no zone", Quarantined.BAD_TIMESTAMP, _stamped('"2022-02-07T10:00:00"')),
    Malformation("zone other than UTC", Quarantined.BAD_TIMESTAMP, _stamped('"2022-02-07T10:00:00+02:00"')),
    Malformation("decimal comma", Quarantined.BAD_TIMESTAMP, _stamped('"2022-02-07T10:00:00,5Z"')),
    Malformation("leap second", Quarantined.BAD_TIMESTAMP, _stamped('"2016-12-31T23:59:60Z"')),
    Malformation("no such day", Quarantined.BAD_TIMESTAMP, _stamped('"2022-02-30T10:00:00Z"')),
    Malformation("epoch zero", Quarantined.ABSURD_TIMESTAMP, _stamped("0")),
    Malformation("before the epoch", Quarantined.ABSURD_TIMESTAMP, _stamped("-1")),
    Malformation("epoch seconds", Quarantined.ABSURD_TIMESTAMP, _stamped(str(START_MS // 1000))),
    Malformation("year 1900", Quarantined.ABSURD_TIMESTAMP, _stamped('"1900-01-01T00:00:00Z"')),
    Malformation("year 2999", Quarantined.ABSURD_TIMESTAMP, _stamped('"2999-01-01T00:00:00Z"')),
    Malformation("epoch nanoseconds", Quarantined.ABSURD_TIMESTAMP, _stamped(str(10**18))),
    Malformation("more than 64 bits", Quarantined.ABSURD_TIMESTAMP, _stamped(str(10**30))),
    Malformation("year 2099", Quarantined.FUTURE_TIMESTAMP, _stamped('"2099-12-31T23:59:59Z"')),
    Malformation("empty measurements", Quarantined.NO_MEASUREMENTS, _measuring("{}")),
    Malformation("null measurements only", Quarantined.NO_MEASUREMENTS, _measuring('{"hr":null,"gsr":null}')),
    Malformation("no contact", Quarantined.NO_MEASUREMENTS, _measuring('{"hr":255,"spo2":127,"ibi":65535}')),
    Malformation("beats that end nowhere", Quarantined.NO_MEASUREMENTS, _measuring('{"ibi":[800,0]}')),
    Malformation("a beat too long", Quarantined.OUT_OF_RANGE, _measuring('{"ibi":[800,9000,810]}')),
    Malformation("too many beats", Quarantined.OUT_OF_RANGE, _measuring(f'{{"ibi":{[800] * (MAX_SUCCESSIVE + 1)}}}')),
    Malformation("too high", Quarantined.OUT_OF_RANGE, _measuring('{"temp":234.95}')),
    Malformation("too low", Quarantined.OUT_OF_RANGE, _measuring('{"gsr":1.0,"spo2":-0.001}')),
    Malformation("astronomic", Quarantined.OUT_OF_RANGE, _measuring('{"hr":1e308}')),
    Malformation("beyond float64", Quarantined.OUT_OF_RANGE, _measuring('{"acc_x":-1e400}')),
)
