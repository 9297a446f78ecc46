"""What a message of the readings topic may look like beyond its fields. Both decoders have these rules from here.

A message is one JSON text (RFC 8259) in UTF-8 (RFC 3629), without a byte order mark, within the limits below.
"""

import re
from typing import Final

MAX_READING_BYTES: Final = 65_536

MAX_DEPTH: Final = 16
"""Objects and arrays within each other; a reading needs three."""

MAX_NUMBER_CHARS: Final = 1_000
"""Of one number as it is written. The exact decimals of a float64 can have some hundreds."""

MAX_ID_LENGTH: Final = 128
"""Code points of a user or sensor id."""

MAX_SUCCESSIVE: Final = 256
"""Values in the list of a channel that may be given as one: some four minutes of heart beats."""

EXCERPT_CHARS: Final = 1_024
"""Of a refused message, as quarantine keeps it."""

INSTANT: Final = (
    "((?!0000)[0-9]{4})-([0-9]{2})-([0-9]{2})"
    "[Tt]([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9])(?:\\.([0-9]{1,9}))?)?"
    "(?:[Zz]|[+-]00:00)"
)
"""A timestamp as text, whole: RFC 3339, in UTC. Groups: year, month, day, hour, minute, second, fraction.

Java and Python read this expression alike. Seconds may be left out, as Java's OffsetDateTime leaves out those that are
0.
"""

FORBIDDEN_IN_IDS: Final[tuple[tuple[int, int], ...]] = (
    (0x0000, 0x001F),
    (0x007F, 0x009F),
    (0x061C, 0x061C),
    (0x200E, 0x200F),
    (0x2028, 0x2029),
    (0x202A, 0x202E),
    (0x2066, 0x2069),
    (0xD800, 0xDFFF),
    (0xFEFF, 0xFEFF),
)
"""Code points, first and last, that no id has, whatever the Unicode version of who looks.

Control characters (a terminal obeys them), line and paragraph separators, marks that turn the direction of writing
around (what is seen is another name), halves of surrogate pairs (as UTF-8 they become a question mark), and the byte
order mark (readers drop it). Joiners stay: some scripts and emoji need them.
"""


def code_points(ranges: tuple[tuple[int, int], ...]) -> str:
    r"""The class of a regular expression, in ASCII, that Python and JSON Schema read alike.

    >>> code_points(((0, 31), (127, 127)))
    '[\\u0000-\\u001f\\u007f]'
    """
    return "[" + "".join(_escaped(first) if first == last else _between(first, last) for first, last in ranges) + "]"


def _between(first: int, last: int) -> str:
    return f"{_escaped(first)}-{_escaped(last)}"


def _escaped(point: int) -> str:
    return f"\\u{point:04x}"


FORBIDDEN: Final = re.compile(code_points(FORBIDDEN_IN_IDS))


_ESCAPES: Final = {point: f"\\u{point:04x}" for first, last in FORBIDDEN_IN_IDS for point in range(first, last + 1)}
_ESCAPES_IN_LINES: Final = {point: shown for point, shown in _ESCAPES.items() if chr(point) not in "\n\t"}


def escaped(text: str, *, layout: bool = False) -> str:
    """Text of others as it can be shown, escaped as JSON does where no id may hold it; `layout`: lines and tabs stay.

    >>> escaped("ann\\x1b[2J and\\nbob"), escaped("a\\nb", layout=True)
    ('ann\\\\u001b[2J and\\\\u000abob', 'a\\nb')
    """
    if not FORBIDDEN.search(text):
        return text
    return text.translate(_ESCAPES_IN_LINES if layout else _ESCAPES)


def excerpt(payload: bytes) -> str:
    """The beginning of a refused message as quarantine keeps it: as text, or in hexadecimal where it is none.

    >>> excerpt(b'{"user_id"'), excerpt(b"\\xc3\\x01\\x9c")
    ('{"user_id"', '0xc3019c')
    """
    try:
        return payload.decode()[:EXCERPT_CHARS]
    except UnicodeDecodeError:
        return f"0x{payload[: (EXCERPT_CHARS - 2) // 2].hex()}"


def is_identity(text: str) -> bool:
    """Whether a user or a sensor may be called so.

    >>> is_identity("Zoë"), is_identity(""), is_identity("ann\\x1b[2J"), is_identity("x" * 129)
    (True, False, False, False)
    """
    # Nothing forbidden is printable in any version of Unicode, and that is asked sooner.
    return 1 <= len(text) <= MAX_ID_LENGTH and (text.isprintable() or not FORBIDDEN.search(text))
