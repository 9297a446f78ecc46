"""JSON and CSV, mutated token by token and cell by cell: what stays well-formed reaches further than spoilt bytes."""

import json
import re
from collections.abc import Callable
from random import Random
from typing import Any, Final

DEEP: Final = 3_000
NUMBERS: Final = (
    *("0", "-0", "-0.0", "0.0", "1", "-1", "0.5", "0.02", "12.25", "36.6", "72", "98", "127", "255", "511", "65535"),
    *("20", "300", "300.0000001", "19.999999999999999", "19.9999999999999999", "200", "4000", "4000.0000000000001"),
    *("1e400", "-1e400", "1e-400", "1E+2", "7.2e1", "1e308", "1e999999999", "5e-324", "0.1e1", "1e0", "1.0", "-0e-9"),
    *(str(2**53 + 1), str(2**63 - 1), str(2**63), str(-(2**63)), str(-(2**63) - 1), str(2**64), str(10**19)),
    *("9" * 30, "9" * 63, "9" * 64, "9" * 65, "9" * 400, "9" * 1_000, "9" * 1_001, "1" * 5_000, "0." + "3" * 2_000),
    *("946684800000", "946684799999", "4102444800000", "4102444800001", "1650000000000", "1650000000", "1650000000.5"),
    *("1650000000000.0", "1.65e12", "1650000000000000", "1650000000000000000", "1e18", "1e-9", "1e9", "1e-300"),
)
NO_NUMBERS: Final = (
    *("NaN", "-NaN", "nan", "Infinity", "-Infinity", "inf", "0x10", "01", "-01", "+1", ".5", "1.", "1e", "1e+", "-"),
    *("1_000", "1,5", "٣", "１", "²", "1 2", "--1", "1.2.3", "True", "true", "false", "null", "None", ""),
)
TIMES: Final = (
    *("2022-02-07T10:00:00Z", "2022-02-07T10:00:00.5Z", "2022-02-07T10:00:00,5Z", "2022-02-07T10:00Z", "2022-02-07"),
    *("2022-02-07 10:00:00", "2022-02-07T10:00:00", "2022-02-07t10:00:00z", "2022-02-07T10:00:00+00:00"),
    *("2022-02-07T10:00:00-00:00", "2022-02-07T10:00:00+02:00", "2022-02-07T10:00:00+00", "2022-02-07T10:00:00+0000"),
    *("2022-02-07T24:00:00Z", "2022-02-07T23:59:60Z", "2022-02-30T10:00:00Z", "2023-02-29T10:00:00Z"),
    *("2022-02-07T10:00:00.123456789Z", "2022-02-07T10:00:00.1234567890Z", "2022-02-07T10:00:00.Z", "2022-W06-1"),
    *(
        "20220207T100000Z",
        "+12022-02-07T10:00:00Z",
        "-0001-02-07T10:00:00Z",
        "0000-01-01T00:00:00Z",
        "-0000-01-01T00:00Z",
    ),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999-14:00", "9999-12-31T23:59:59Z", "2100-01-01T00:00:00Z"),
    *("1999-12-31T23:59:59.999Z", "2000-01-01T00:00:00Z", "+1000000000-01-01T00:00:00Z", "٢٠٢٢-02-07T10:00Z"),
    *(
        "07.02.2022 10:00",
        "2/7/2022 10:00",
        "2022-02-07T10:00:00Z ",
        "2022-02-07T10:00:00+23:59:59.999999",
        "yesterday",
    ),
)
TEXTS: Final = (
    *("", " ", "a", "null", "NaN", "a b", "a,b", "a;b", 'a"b', "a\\b", "a\nb", "a\rb", "a\tb", "a\x00b", "a%sb", "%b"),
    *(
        "\x1b[31mred",
        "a\x7f",
        "a\x9b",
        "a\u2028b",
        "a\u2029b",
        "a\u202eb",
        "a\u200bb",
        "a\xa0",
        "\ufeffa",
        "é",
        "e\u0301",
    ),
    *("😀", "😀" * 128, "😀" * 129, "a" * 128, "a" * 129, "é" * 128, "a" * 50_000, "a" * 70_000, "\ud83d", "\ude00a"),
    *("../a", "/etc/passwd", "C:\\a", "__class__", "<script>", "=1+1", "'; --", "ann", "w", "hr", "timestamp"),
)
ESCAPES: Final = (
    *(r"\u0000", r"\u001b", r"\u007f", r"\u009b", r"\u2028", r"\u202e", r"\ud800", r"\udc00", r"\ud83d\ude00"),
    *(r"\ude00\ud83d", r"\uFEFF", r"\uFFFE", r"\u0061", r"\u00e9", r"\/", r"\b", r"\f", r"\n", r"\\", r"\"", r"\'"),
    *(r"\x41", r"\u12", r"\u{41}", r"\U00000041", r"\0", r"\ ", "\\", r"\u+061", r"\u 061", r"\uDBFF\uDFFF"),
)
_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+|\s+|"', re.DOTALL)
_PUNCTUATION: Final = frozenset(b"{ } [ ] , :".split())

Edit = Callable[[list[bytes], Random], None]


def json_value(rng: Random) -> bytes:
    """Some JSON, or nearly, in place of a value."""
    match rng.randrange(12):
        case 0 | 1 | 2 | 3 | 4:
            return rng.choice(NUMBERS).encode()
        case 5:
            return b"%.3f" % rng.uniform(0, 130)
        case 6:
            return rng.choice(NO_NUMBERS).encode()
        case 7:
            return json.dumps(rng.choice(TIMES)).encode()
        case 8:
            return _quoted(rng.choice(TEXTS), rng)
        case 9:
            return b'"' + rng.choice(ESCAPES).encode() + b'"'
        case 10:
            return b"[" + b",".join(rng.choice(NUMBERS).encode() for _ in range(rng.randrange(4))) + b"]"
        case _:
            return rng.choice(STRUCTURES)


def edited_json(text: bytes, rng: Random) -> bytes:
    """JSON text after a few edits of its tokens, mostly one; it may be no JSON any more.

    >>> edited_json(b'{"hr":72}', Random(2)) == edited_json(b'{"hr":72}', Random(2))
    True
    """
    tokens = _TOKEN.findall(text) or [b""]
    while True:
        rng.choice(EDITS)(tokens, rng)
        if not tokens or rng.random() < 0.6:
            return b"".join(tokens)


def _quoted(text: str, rng: Random) -> bytes:
    return json.dumps(text, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")


def _value_at(tokens: list[bytes], rng: Random) -> int:
    """A token that is text, a number or a literal; whatever else where none is found soon."""
    at = rng.randrange(len(tokens))
    for _ in range(8):
        if tokens[at] not in _PUNCTUATION and not tokens[at].isspace():
            break
        at = rng.randrange(len(tokens))
    return at


def _valued(tokens: list[bytes], rng: Random) -> None:
    tokens[_value_at(tokens, rng)] = json_value(rng)


def _escaped(tokens: list[bytes], rng: Random) -> None:
    """An escape inside of a text, or a character of it written as one."""
    at = _value_at(tokens, rng)
    token = tokens[at]
    place = rng.randint(min(1, len(token)), max(1, len(token) - 1))
    if rng.random() < 0.5:
        tokens[at] = token[:place] + rng.choice(ESCAPES).encode() + token[place:]
    elif token[place : place + 1].isalnum():
        tokens[at] = token[:place] + b"\\u%04x" % token[place] + token[place + 1 :]


def _wrapped(tokens: list[bytes], rng: Random) -> None:
    at = _value_at(tokens, rng)
    opening, closing = rng.choice(((b"[", b"]"), (b'{"a":', b"}"), (b'"', b'"'), (b"[[", b"]]"), (b"/*", b"*/")))
    tokens[at] = opening + tokens[at] + closing


def _member_again(tokens: list[bytes], rng: Random) -> None:
    """A member once more, under its name, mostly with another value."""
    names = [place for place, token in enumerate(tokens) if token == b":" and 0 < place < len(tokens) - 1]
    if names:
        place = rng.choice(names)
        value = tokens[place + 1] if rng.random() < 0.3 else json_value(rng)
        tokens.insert(place - 1, tokens[place - 1] + b":" + value + b",")


def _dropped(tokens: list[bytes], rng: Random) -> None:
    del tokens[rng.randrange(len(tokens))]


def _again(tokens: list[bytes], rng: Random) -> None:
    at = rng.randrange(len(tokens))
    tokens.insert(at, tokens[at])


def _exchanged(tokens: list[bytes], rng: Random) -> None:
    one, other = rng.randrange(len(tokens)), rng.randrange(len(tokens))
    tokens[one], tokens[other] = tokens[other], tokens[one]


def _punctuated(tokens: list[bytes], rng: Random) -> None:
    tokens.insert(
        rng.randint(0, len(tokens)), rng.choice((*_PUNCTUATION, b" ", b"\n", b"\t", b"\r", b"\xc2\xa0", b"#"))
    )


EDITS: Final[tuple[Edit, ...]] = (
    *(_valued,) * 6,
    *(_escaped, _escaped, _wrapped, _member_again, _member_again, _dropped, _again, _exchanged, _punctuated),
)
STRUCTURES: Final = (
    *(b"{}", b"[]", b"[null]", b"[[]]", b'{"a":1}', b'{"a":{"a":{}}}', b"true", b"null", b'"', b"[1,]", b"[,1]"),
    *(b"[" * depth + b"1" + b"]" * depth for depth in (2, 15, 16, 17, 100, DEEP)),
    *(b'{"a":' * depth + b"1" + b"}" * depth for depth in (15, 16, 17, DEEP)),
    *(b"[" * DEEP, b'{"a":' * DEEP, b"[" + b"800," * 255 + b"800]", b"[" + b"800," * 256 + b"800]"),
)


def reshaped_json(text: bytes, rng: Random) -> bytes:
    """The same JSON with one value of another shape, at any depth; text that is no JSON comes back as it is.

    >>> reshaped_json(b"[", Random(1))
    b'['
    """
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return json.dumps(_reshaped(whole, rng), ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")


def _reshaped(value: Any, rng: Random) -> Any:  # noqa: ANN401
    if isinstance(value, dict | list) and value and rng.random() < 0.8:
        key = rng.choice(list(value)) if isinstance(value, dict) else rng.randrange(len(value))
        value[key] = _reshaped(value[key], rng)
        return value
    return rng.choice(SHAPES)(value, rng)


SHAPES: Final[tuple[Callable[[Any, Random], Any], ...]] = (
    lambda value, rng: list(value) if isinstance(value, dict) else [value],
    lambda value, rng: list(value.values()) if isinstance(value, dict) else {"a": value},
    lambda value, rng: {**value, "more": 1} if isinstance(value, dict) else [value, value],
    lambda value, rng: dict(reversed(value.items())) if isinstance(value, dict) else str(value),
    lambda value, rng: dict(list(value.items())[1:]) if isinstance(value, dict) else None,
    lambda value, rng: rng.choice((2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 0, -1, 10**400)),
    lambda value, rng: rng.choice((0.0, -0.0, 0.5, 1.0, 1.5, -1.5, 1e-9, 1e39, 1e308, 5e-324)),
    lambda value, rng: rng.choice((float("nan"), float("inf"), float("-inf"), True, False, None)),
    lambda value, rng: rng.choice(TEXTS),
    lambda value, rng: rng.choice((*TIMES, *NUMBERS, *NO_NUMBERS)),
    lambda value, rng: rng.choice(({}, [], [[]], [None], "", {"": {}})),
)


def edited_csv(text: bytes, rng: Random) -> bytes:
    """CSV text after a few edits of its lines and cells, mostly one.

    >>> edited_csv(b"a,b\\n1,2\\n", Random(4)) == edited_csv(b"a,b\\n1,2\\n", Random(4))
    True
    """
    lines = text.split(b"\n")
    while True:
        rng.choice(LINE_EDITS)(lines, rng)
        if not lines or rng.random() < 0.6:
            return b"\n".join(lines)


def cell(rng: Random) -> bytes:
    """Some text in place of a cell, at times quoted."""
    text = rng.choice((NUMBERS, NUMBERS, NO_NUMBERS, TIMES, TEXTS))
    found = rng.choice(text).encode("utf-8", "surrogatepass")
    return b'"' + found.replace(b'"', b'""') + b'"' if rng.random() < 0.2 else found


def _cell_edited(lines: list[bytes], rng: Random) -> None:
    at = rng.randrange(min(3, len(lines))) if rng.random() < 0.6 else rng.randrange(len(lines))
    cells = lines[at].split(b",")
    place = rng.randrange(len(cells))
    rng.choice(CELL_EDITS)(cells, place, rng)
    lines[at] = b",".join(cells)


def _cell_set(cells: list[bytes], place: int, rng: Random) -> None:
    cells[place] = cell(rng)


def _cell_spaced(cells: list[bytes], place: int, rng: Random) -> None:
    space = rng.choice((b" ", b"  ", b"\t", b"\xc2\xa0", b"\xe2\x80\x8b", b"\x00", b"\r"))
    cells[place] = rng.choice((space + cells[place], cells[place] + space, cells[place][:1] + space + cells[place][1:]))


def _cell_cased(cells: list[bytes], place: int, rng: Random) -> None:
    cells[place] = cells[place].swapcase()


def _cell_again(cells: list[bytes], place: int, rng: Random) -> None:
    cells.insert(place, cells[place])


def _cell_dropped(cells: list[bytes], place: int, rng: Random) -> None:
    del cells[place]


def _cell_quoted(cells: list[bytes], place: int, rng: Random) -> None:
    cells[place] = rng.choice((b'"%b"', b'"%b', b'%b"', b'"%b\n"', b"'%b'", b'"%b"x', b'"%b""')) % cells[place]


CELL_EDITS: Final[tuple[Callable[[list[bytes], int, Random], None], ...]] = (
    *(_cell_set,) * 5,
    *(_cell_spaced, _cell_cased, _cell_again, _cell_dropped, _cell_quoted),
)


def _line_again(lines: list[bytes], rng: Random) -> None:
    lines.insert(rng.randint(0, len(lines)), rng.choice(lines))


def _line_dropped(lines: list[bytes], rng: Random) -> None:
    del lines[rng.randrange(len(lines))]


def _line_blank(lines: list[bytes], rng: Random) -> None:
    lines.insert(rng.randint(0, len(lines)), rng.choice((b"", b" ", b",", b",,,,", b"\t", b"#", b"\r", b'"')))


def _lines_exchanged(lines: list[bytes], rng: Random) -> None:
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]


def _delimited(lines: list[bytes], rng: Random) -> None:
    other = rng.choice((b";", b"\t", b"|", b", ", b" ,"))
    lines[:] = [line.replace(b",", other) for line in lines]


def _ended(lines: list[bytes], rng: Random) -> None:
    end = rng.choice((b"\r", b"\r\r", b" ", b","))
    lines[:] = [line + end for line in lines]


LINE_EDITS: Final[tuple[Edit, ...]] = (
    *(_cell_edited,) * 8,
    *(_line_again, _line_again, _line_dropped, _line_blank, _lines_exchanged, _delimited, _ended),
)
