"""The members of one JSON message, read strictly and in order, so that the first fault met gives the reason.

A second reader of what the stream's JVM decoder reads: the same messages pass, with the same values, and the same
reason is given for every other. Both stop at the first fault, a value's beginning being read along with its name.
They differ where a name holds the byte 0xFF, which that decoder's JSON library may overlook.
"""

import json
import re
import sys
from collections.abc import Iterator
from typing import Any, Final

from schemas.channels import CHANNEL_INDEX
from schemas.reasons import Quarantined

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
