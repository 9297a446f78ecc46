"""Target: messages of the readings topic, read by both decoders; they must say the same, bit for bit.

A case is a message: key, value, append time in ms.
"""

import json
import struct
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Final

import numpy as np
import orjson

from pipelines.replay.malformed import MALFORMATIONS
from pipelines.sources.reading_decoder import Decoded, RejectedError, decode
from schemas.channels import CHANNELS
from schemas.message_rules import MAX_READING_BYTES, is_identity
from schemas.reasons import Quarantined
from schemas.windows import EARLIEST_MS, LATEST_MS, MAX_FUTURE_MS
from tests import edge_messages
from tests.edge_messages import STAMP_MS, reading
from tests.fuzz.byte_mutations import spoilt
from tests.fuzz.rounds import BrokenError, Target
from tests.fuzz.text_mutations import NO_NUMBERS, NUMBERS, TIMES, edited_json, reshaped_json
from tests.jvm_decoder import JvmDecoder, Message

Rows = list[tuple[str, str, int, dict[str, int]]]
"""User, sensor, event time, and by channel the bits of its float64."""

Answer = str | Rows
"""A reason, or what was read."""

NOW_MS: Final = 1_900_000_000_000
AT_ONCE: Final = 20_000
LONGEST: Final = 4_000
"""Of most messages: longer ones take their time, and are no different."""

PAD: Final = b" " * 1_000
"""Longer than any message that the quick way takes, so that it is read the exact way."""

VALID: Final = {channel.name: channel.valid for channel in CHANNELS}
APPENDED_MS: Final = (-1, 0, STAMP_MS - MAX_FUTURE_MS, STAMP_MS - MAX_FUTURE_MS - 1, LATEST_MS, (1 << 63) - 1)


Seed = tuple[bytes | None, bytes | None]


def _good_seeds() -> tuple[Seed, ...]:
    middles = {channel.name: sum(channel.valid) / 2 for channel in CHANNELS}
    good = [
        reading(json.dumps(middles)),
        reading('{"ibi":[800,810.5,790],"hr":72}'),
        reading('{"hr":0,"gsr":0.42,"spo2":127}'),
        reading(user_id='"\\u0061"', timestamp='"2022-02-07T10:00:00.123Z"'),
        reading(json.dumps(middles, indent=2)),
        reading('{"acc_x":-0,"acc_y":-0.0,"temp":null,"gsr":1e-3}'),
        reading('{"ibi":[9999,65535,812.5,803],"gsr":0.4}', sensor_id='"belt \\ud83d\\ude00"'),
    ]
    return tuple((b"a", text.encode()) for text in good)


def _odd_seeds() -> tuple[Seed, ...]:
    rng = np.random.default_rng(0)
    return (
        *((b"a", reading(timestamp=json.dumps(text)).encode()) for text in TIMES),
        *((b"a", reading(timestamp=text).encode()) for text in (*NUMBERS, *NO_NUMBERS)),
        *((b"a", reading('{"hr":72,"gsr":?}').replace("?", text).encode()) for text in (*NUMBERS, *NO_NUMBERS)),
        *((b"a", value) for values in edge_messages.REJECTED.values() for value in values if len(value) < LONGEST),
        *((user.encode(), value) for user, value in edge_messages.ACCEPTED),
        *((key, value) for key, value in (each.make(rng) for each in MALFORMATIONS) if len(value or b"") < LONGEST),
    )


GOOD: Final = _good_seeds()
ODD: Final = _odd_seeds()
VALUES: Final = tuple(value for _, value in (*GOOD, *ODD) if value)


def made(rng: Random) -> Message:
    """A message: mostly a good one with something wrong, keyed by the user that it names."""
    key, value = rng.choice(GOOD if rng.random() < 0.7 else ODD)
    if value is not None:
        value = _mutated(value, rng)
        key = _key_of(value, key) if rng.random() < 0.8 else key
    if rng.random() < 0.02:
        key = spoilt(key or b"", rng) if rng.random() < 0.8 else None
    return key, value, rng.choice(APPENDED_MS) if rng.random() < 0.05 else NOW_MS


def _mutated(value: bytes, rng: Random) -> bytes:
    chance = rng.random()
    if chance < 0.5 or chance > 0.97:
        value = edited_json(value, rng)
    elif chance < 0.75:
        value = reshaped_json(value, rng)
    return spoilt(value, rng, VALUES) if chance > 0.8 else value


def _key_of(value: bytes, otherwise: bytes | None) -> bytes | None:
    try:
        return orjson.loads(value)["user_id"].encode()
    except (ValueError, TypeError, KeyError, AttributeError):
        return otherwise


def tried(message: Message) -> Answer:
    """What the Python decoder says: the same by its quick way and its exact one, and within the rules."""
    key, value, append_ms = message
    found = _answer(key, value, append_ms)
    if value and len(value) + len(PAD) <= MAX_READING_BYTES:
        exact = _answer(key, value + PAD, append_ms)
        if exact != found:
            raise BrokenError("spaces at the end change the answer", f"{found} {exact}")
    return found


def _answer(key: bytes | None, value: bytes | None, append_ms: int) -> Answer:
    try:
        found = decode(key, value, append_ms)
    except RejectedError as fault:
        return str(Quarantined(fault.reason))
    return [_checked(each) for each in found]


def _checked(found: Decoded) -> tuple[str, str, int, dict[str, int]]:
    ids = (found.user_id, found.sensor_id)
    if not all(map(is_identity, ids)):
        raise BrokenError("an id that is none was accepted", ascii(ids))
    if type(found.timestamp_ms) is not int or not EARLIEST_MS <= found.timestamp_ms <= LATEST_MS:
        raise BrokenError("a time that is none was accepted", found.timestamp_ms)
    for name, number in found.measurements.items():
        low, high = VALID[name]
        if type(number) is not float or not low <= number <= high:
            raise BrokenError("a value out of range was accepted", f"{name} {number}")
    if not found.measurements:
        raise BrokenError("a reading without a value was accepted")
    bits = {name: struct.unpack(">Q", struct.pack(">d", number))[0] for name, number in found.measurements.items()}
    return (*ids, found.timestamp_ms, dict(sorted(bits.items())))


@contextmanager
def target() -> Iterator[Target]:
    """Both decoders; the JVM's begins anew for each lot, which is why lots are large."""
    with tempfile.TemporaryDirectory() as folder:
        jvm = JvmDecoder.compiled(Path(folder))

        def compared(messages: Sequence[Message], ours: Sequence[object]) -> list[BrokenError | None]:
            theirs = map(_told, jvm.answers(messages))
            return [differing(one, other) for one, other in zip(ours, theirs, strict=True)]

        yield Target("decoder", made, tried, compared, at_once=AT_ONCE)


def _told(line: str) -> Answer:
    """A line of the JVM's."""
    if not line.startswith("["):
        return line
    return [
        (user, sensor, at_ms, {name: int(bits, 16) for name, bits in given.items()})
        for user, sensor, at_ms, given in json.loads(line)
    ]


def differing(ours: object, theirs: Answer) -> BrokenError | None:
    """How the two decoders' answers to one message differ."""
    if ours == theirs:
        return None
    said = [each if isinstance(each, str) else "a reading" for each in (ours, theirs)]
    return BrokenError(f"Python says {said[0]}, Java {said[1]}", f"{ours} {theirs}")
