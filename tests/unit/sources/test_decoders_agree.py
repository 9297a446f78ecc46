"""The decoder in Python and that of the stream's JVM: the same answer to twenty thousand spoiled messages."""

import json
import random
import re
import struct
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from pipelines.replay.malformed import MALFORMATIONS
from pipelines.sources.reading_decoder import RejectedError, decode
from schemas.message_rules import FORBIDDEN_IN_IDS, MAX_DEPTH, MAX_ID_LENGTH, MAX_NUMBER_CHARS, MAX_SUCCESSIVE
from schemas.reasons import Quarantined
from schemas.windows import EARLIEST_MS, LATEST_MS, MAX_FUTURE_MS
from tests.edge_messages import ACCEPTED, REJECTED, STAMP_MS, reading
from tests.jvm_decoder import JvmDecoder, Message

ROUNDS = 20_000
NOW_MS = 1_900_000_000_000


def words(text: str) -> list[str]:
    return text.split()


PIECES = [piece.encode() for piece in words(r'" { } [ ] , : \ \u 0 1e . - + null / // NaN')]
PIECES += [
    b" ",
    b"\t",
    b"\x0c",
    b"\x00",
    b"\x1b",
    b"\x7f",
    b"\x80",
    b"\xc3\xa9",
    b"\xe2\x80\xa8",
    b"\xef\xbb\xbf",
    b"\xff",
]
PIECES += [b"\xc0\x80", b"\xe0\x9f\xbf", b"\xed\xa0\x80", b"\xef\xbf\xbf", b"\xf0\x80\x80\x80", b"\xf4\x8f\xbf\xbf"]
PIECES += [b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80"]
"""Bytes on which readers differ: of UTF-8 that is none, of JSON that is nearly some."""

NUMBERS = words("""
    0 -0 -0.0 0.0 1 -1 72 72.5 255 255.0 2.55e2 511 65535 127 1e400 -1e400 1E-400 4e-324 1.7976931348623157e308
    1.7976931348623159e308 9007199254740993 9007199254740992.5 0.1 33.000000000000003552713678800501 123456789012345678
    1e22 1234567890123456789 18446744073709551616 1e99999999999999999999 -0e-99999999999999999999 200 8.5e2
    199.99999999999999 199.999999999999999 4000.0000000000001 4000.000000000001 1644227574000 1644227574000.0
    00 01 1. .5 1e +1 0x10 --1 1_000 NaN Infinity
""")
NUMBERS += ["9" * 400, "0." + "0" * 300 + "1", "9" * MAX_NUMBER_CHARS, "9" * (MAX_NUMBER_CHARS + 1)]
INSTANTS = words("""
    2022-02-07T10:00:00Z 2022-02-07T10:00:00.5Z 2022-02-07t10:00z 2022-02-07T10:00:00.123456789+00:00
    2022-02-07T10:00:00-00:00 2022-02-07T10:00:00,5Z 2022-02-07T24:00:00Z 2022-02-07T23:59:60Z 1650000000
    2022-02-30T10:00:00Z 2024-02-29T10:00:00Z 2100-02-29T10:00:00Z 0000-01-01T00:00:00Z 10000-01-01T00:00Z
    2022-13-01T00:00Z 2022-02-07T10:00:00.Z 2022-02-07T10:00:00.1234567890Z 2022-02-07T10:00:00+0000 ٢٠٢٢-02-07T10:00Z
    2022-02-07T10:00:00Z\\n 2022-02-07T10:00:00+01:00 +2022-02-07T10:00Z
""")
TEXTS = words(r"""
    a é 😀 \ud83d\ude00 \ud83d \ude00\ud83d \ud83d\ud83d\ude00 \uD83D\uDE00 \u0000 \u001b[2J \u0061 \/ \b \x \u12 \u00_1
    a\nb hr ibi
""")
TEXTS += ["", "\u200d", "x" * MAX_ID_LENGTH, "x" * (MAX_ID_LENGTH + 1), "\u2028", "\x9b"]
TEXTS += [f"a\\u{point:04x}" for first, last in FORBIDDEN_IN_IDS for point in (first, last, last + 1)]
LISTS = words("[] [800] [800,810.5,820.25] [0.5] [800,65535,810] [800,-1] [9999,0,800] [9999,0] [800,null] [[800]]")
LISTS += ["[" + "800," * (count - 1) + "800]" for count in (MAX_SUCCESSIVE, MAX_SUCCESSIVE + 1)]
NESTED = ["[" * depth + "]" * depth for depth in (MAX_DEPTH - 2, MAX_DEPTH - 1, MAX_DEPTH, 5000)]
MEMBERS = words('"mood":1 "hr":72 "ibi":[800,900] "user_id":"a" "timestamp":1 "measurements":{"hr":1} "hr":null')
TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*|null|true|\[[^][]*\]')


def seeds() -> list[Message]:
    rng = np.random.default_rng(0)
    edges: list[Message] = [(b"a", value, NOW_MS) for values in REJECTED.values() for value in values]
    edges += [(user.encode(), value, NOW_MS) for user, value in ACCEPTED]
    edges += [(*malformation.make(rng), NOW_MS) for malformation in MALFORMATIONS]
    return [*edges, *[(b"a", usual(random.Random(place)), NOW_MS) for place in range(1_000)]]


def usual(rng: random.Random) -> bytes:
    """A good message; the last channel may have a list."""
    given = {"hr": "72", "gsr": f"{rng.uniform(0, 9)!r}", "acc_x": f"{rng.uniform(-2, 2):.6f}", "temp": "null"}
    beats = ",".join(f"{rng.uniform(600, 1000):.{rng.randrange(4)}f}" for _ in range(rng.randrange(5)))
    given["ibi"] = f"[{beats}]" if rng.random() < 0.5 else "812.5"
    stamp = rng.choice([str(STAMP_MS), f'"{INSTANTS[rng.randrange(4)]}"'])
    return reading("{" + ",".join(f'"{name}":{each}' for name, each in given.items()) + "}", timestamp=stamp).encode()


def with_bytes(rng: random.Random, value: bytes) -> bytes:
    at, length = rng.randrange(len(value) + 1), rng.choice((0, 0, 1, 2, 6))
    return value[:at] + rng.choice(PIECES) + value[at + length :]


def cut(rng: random.Random, value: bytes) -> bytes:
    first, second = sorted(rng.randrange(len(value) + 1) for _ in range(2))
    return rng.choice((value[:first], value[:first] + value[second:], value[:second] + value[first:]))


def with_token(rng: random.Random, value: bytes) -> bytes:
    """Some number, text or list, which may be a name, replaced by another: mostly one of its kind."""
    found = list(TOKEN.finditer(value))
    if not found:
        return value
    place = rng.choice(found)
    kinds = (TEXTS, TEXTS, INSTANTS) if place[0].startswith(b'"') else (NUMBERS, NUMBERS, NUMBERS, LISTS)
    drawn = rng.choice(rng.choice(kinds if rng.random() < 0.8 else (NUMBERS, LISTS, NESTED, TEXTS)))
    text = f'"{drawn}"' if drawn in TEXTS or drawn in INSTANTS else drawn
    return value[: place.start()] + text.encode() + value[place.end() :]


def with_member(rng: random.Random, value: bytes) -> bytes:
    places = [place for place, byte in enumerate(value) if byte in b"{"]
    if not places:
        return value
    at = rng.choice(places) + 1
    return value[:at] + rng.choice(MEMBERS).encode() + b"," + value[at:]


def otherwise_encoded(rng: random.Random, value: bytes) -> bytes:
    return value.decode(errors="replace").encode(
        rng.choice(("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"))
    )


SPOILERS: Sequence[Callable[[random.Random, bytes], bytes]] = (with_bytes, cut, with_member, *[with_token] * 5)


def spoiled(rng: random.Random, message: Message) -> Message:
    key, value, append_ms = message
    value = value or b""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        value = rng.choice(SPOILERS)(rng, value)
    if rng.random() < 0.02:
        value = otherwise_encoded(rng, value)
    if rng.random() < 0.1:
        append_ms = rng.choice((0, -1, STAMP_MS - MAX_FUTURE_MS - 1, EARLIEST_MS, LATEST_MS, 2**63 - 1, -(2**63)))
    return key, value, append_ms


def answer(message: Message) -> object:
    """As the JVM's program gives it."""
    try:
        found = decode(*message)
    except RejectedError as fault:
        return str(fault.reason)
    return [[each.user_id, each.sensor_id, each.timestamp_ms, bits(each.measurements)] for each in found]


def bits(measurements: dict[str, float]) -> dict[str, str]:
    return {name: struct.pack(">d", value).hex() for name, value in measurements.items()}


@pytest.fixture(scope="module")
def jvm(tmp_path_factory: pytest.TempPathFactory) -> JvmDecoder:
    return JvmDecoder.compiled(tmp_path_factory.mktemp("decoder"))


def test_both_give_the_same_answers(jvm: JvmDecoder) -> None:
    rng, known = random.Random(1), seeds()
    messages = known + [spoiled(rng, rng.choice(known)) for _ in range(ROUNDS)]
    counts: Counter[str] = Counter()
    for message, line in zip(messages, jvm.answers(messages), strict=True):
        expected = json.loads(line) if line.startswith("[") else line
        assert answer(message) == expected, message
        counts[expected if isinstance(expected, str) else f"{min(len(expected), 2)} readings"] += 1
    assert set(counts) == {"1 readings", "2 readings", *(set(Quarantined) - {Quarantined.BAD_FEATURES})}, (
        "all are tried"
    )
