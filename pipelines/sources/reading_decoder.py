"""A message of the readings topic as a reading, by the rules of the stream's JVM decoder."""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from pipelines.core.instants import epoch_ms
from schemas.channels import CHANNEL_INDEX, CHANNELS
from schemas.reasons import MAX_ID_LENGTH, MAX_READING_BYTES, Quarantined
from schemas.windows import EARLIEST_MS, LATEST_MS, MAX_FUTURE_MS

FIELDS: Final = ("timestamp", "user_id", "sensor_id", "measurements")
MOST_DIGITS: Final = 1000
LONGEST_NAME: Final = 50_000
BOM: Final = b"\xef\xbb\xbf"
WIDE: Final = (
    (re.compile(rb"\x00\x00(\xfe\xff|\x00.)", re.S), "utf-32-be", "strict"),
    (re.compile(rb"(\xff\xfe|.\x00)\x00\x00", re.S), "utf-32-le", "strict"),
    (re.compile(rb"\xfe\xff|\x00.", re.S), "utf-16-be", "replace"),
    (re.compile(rb"\xff\xfe|.\x00", re.S), "utf-16-le", "replace"),
)

_SPACE: Final = rb"[ \t\n\r]*+"
_CHARACTER: Final = (
    rb'[^"\\\x00-\x1f\x80-\xff]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})'
    rb"|[\xc0-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf7][\x80-\xbf]{3}"
)
_TEXT: Final = rb"((?:" + _CHARACTER + rb')*+)"'
TEXT: Final = re.compile(_TEXT)
NAME: Final = re.compile(_SPACE + b'"' + _TEXT)
COMMA: Final = re.compile(_SPACE + b",")
CLOSING: Final = re.compile(_SPACE + rb"\}")
COLON: Final = re.compile(_SPACE + b":")
END: Final = re.compile(_SPACE + rb"\Z")
VALUE: Final = re.compile(
    _SPACE + rb"(?:(?P<object>\{)|(?P<array>\[)|(?P<text>\")|(?P<null>null)(?![0-9A-Za-z_\x7f-\xff])"
    rb"|(?P<truth>true|false)(?![0-9A-Za-z_\x7f-\xff])|(?P<number>-?[0-9]++(?:\.[0-9]*+)?(?:[eE][+-]?[0-9]*+)?))"
)
NUMBER: Final = re.compile(rb"-?(0|[1-9][0-9]*+)(?:\.([0-9]++))?(?:[eE][+-]?([0-9]++))?")
SEQUENCE: Final = re.compile("[\xc0-\xff][\x80-\xbf]+")
AFTER_ROOT_NUMBER: Final = re.compile(rb"[ \t\n\r]|\Z")


class RejectedError(Exception):
    """A message that no reading can be made of."""

    def __init__(self, reason: Quarantined) -> None:
        super().__init__(reason)
        self.reason = reason


def members(value: bytes) -> dict[str, Any]:
    """The message's members by name; a timestamp as it is written, measurements as floats by channel, null left out.

    >>> members(b'{"timestamp":1,"measurements":{"hr":72,"gsr":null}}')
    {'timestamp': 1, 'measurements': {'hr': 72.0}}
    """
    reader = _Reader(_as_utf8(value))
    reader.open()
    found: dict[str, Any] = {}
    for name, kind in reader.members():
        if name not in FIELDS:
            raise RejectedError(Quarantined.UNKNOWN_FIELD)
        if name in found:
            raise RejectedError(Quarantined.DUPLICATE_FIELD)
        found[name] = _member(reader, name, kind)
    reader.take(END)
    return found


def _member(reader: "_Reader", name: str, kind: str) -> object:
    if name == "measurements" and kind == "object":
        return _measurements(reader)
    if name == "timestamp" and kind == "number" and reader.is_whole:
        return int(reader.token)
    if name == "measurements" or kind != "text":
        raise RejectedError(Quarantined.WRONG_TYPE)
    return reader.text()


def _measurements(reader: "_Reader") -> dict[str, float]:
    found: dict[str, float | None] = {}
    for name, kind in reader.members():
        if name not in CHANNEL_INDEX:
            raise RejectedError(Quarantined.UNKNOWN_FIELD)
        if name in found:
            raise RejectedError(Quarantined.DUPLICATE_FIELD)
        if kind not in ("number", "null"):
            raise RejectedError(Quarantined.WRONG_TYPE)
        found[name] = reader.number() if kind == "number" else None
    return {name: value for name, value in found.items() if value is not None}


class _Reader:
    """A place in the message, and the token last read there."""

    def __init__(self, value: bytes) -> None:
        self._value = value
        self._at = 0
        self.token = b""
        self.is_whole = False

    def take(self, pattern: re.Pattern[bytes]) -> re.Match[bytes]:
        """What stands here; anything else is malformed."""
        match = pattern.match(self._value, self._at)
        if match is None:
            raise RejectedError(Quarantined.MALFORMED_JSON)
        self._at = match.end()
        return match

    def open(self) -> None:
        """The message's opening brace."""
        kind = self._value_begins()
        if kind == "number":
            self.take(AFTER_ROOT_NUMBER)
        if kind != "object":
            raise RejectedError(Quarantined.NOT_AN_OBJECT)

    def members(self) -> Iterator[tuple[str, str]]:
        """Each member's name and kind of value; after text or an object it must be read before going on."""
        separator = re.compile(b"")
        while not (closing := CLOSING.match(self._value, self._at)):
            self.take(separator)
            separator = COMMA
            name = self._name()
            self.take(COLON)
            yield name, self._value_begins()
        self._at = closing.end()

    def text(self) -> str:
        """The text whose opening quote has been read."""
        return _unescaped(self.take(TEXT)[1])

    def number(self) -> float:
        """The number that has been read; infinite beyond float64. A whole number has no negative zero."""
        return float(self.token) + 0.0 if self.is_whole else float(self.token)

    def _name(self) -> str:
        name = _unescaped(self.take(NAME)[1])
        if len(name.encode("utf-8", "surrogatepass")) > LONGEST_NAME:
            raise RejectedError(Quarantined.MALFORMED_JSON)
        return name

    def _value_begins(self) -> str:
        match = self.take(VALUE)
        kind = str(match.lastgroup)
        if kind == "number":
            self._number(match[kind])
        return kind

    def _number(self, token: bytes) -> None:
        parts = NUMBER.fullmatch(token)
        if parts is None or sum(len(part or b"") for part in parts.groups()) > MOST_DIGITS:
            raise RejectedError(Quarantined.MALFORMED_JSON)
        self.token, self.is_whole = token, parts[2] is None and parts[3] is None


def _unescaped(raw: bytes) -> str:
    """Text between quotes. It may hold half of a surrogate pair, which no encoding can hold."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = SEQUENCE.sub(_code_point, raw.decode("latin-1"))
    if "\\" in text:
        text = json.loads(f'"{text}"')
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _code_point(sequence: re.Match[str]) -> str:
    """A lead byte and those that continue it, as lenient decoders take them; half a pair for what is beyond Unicode."""
    lead, *rest = sequence[0].encode("latin-1")
    code = lead & (0x3F >> len(rest))
    for each in rest:
        code = code << 6 | each & 0x3F
    return chr(code) if code <= sys.maxunicode else "\udfff"


def _as_utf8(value: bytes) -> bytes:
    """JSON may come in any Unicode encoding; a mark, or zero bytes, at its beginning tell which."""
    if value.startswith(BOM):
        return value[len(BOM) :]
    for pattern, encoding, errors in WIDE:
        if pattern.match(value):
            try:
                text = value.decode(encoding, errors)
            except UnicodeDecodeError:
                raise RejectedError(Quarantined.MALFORMED_JSON) from None
            return text.removeprefix("\ufeff").encode("utf-8", "replace")
    return value


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
    pipelines.sources.reading_decoder.RejectedError: wrong_type
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
