"""The feature window record: what is written comes back, as any Avro library has it, and nothing else is read."""

import io
from typing import Any

import fastavro
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.core.errors import InputError
from pipelines.features.compute import WindowFeatures, compute_windows
from pipelines.features.records import (
    BLOCK,
    HEADER,
    SCHEMA_HASH,
    ParsedWindows,
    as_read,
    feature_records,
    parse_feature_record,
    parse_feature_records,
)
from schemas.avro_schema import feature_window_schema
from schemas.channels import CHANNEL_NAMES, SEQUENCE_CHANNELS
from schemas.feature_table import EVIDENCE_NAMES, FEATURE_NAMES
from schemas.windows import EARLIEST_MS, LATEST_MS, WINDOW_MS, WINDOW_S
from tests.unit.signals import drawn

SCHEMA = fastavro.parse_schema(feature_window_schema())
NAMES = {"features": FEATURE_NAMES, "coverage": CHANNEL_NAMES, "quality": CHANNEL_NAMES, "evidence": EVIDENCE_NAMES}
NUMBERS = (*NAMES, "sequence")
SECONDS = tuple(f"s{second:02d}" for second in range(WINDOW_S))
MOST_BYTES = 2048

users = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=128)
starts = st.integers(EARLIEST_MS, LATEST_MS - WINDOW_MS)


def any_windows(seed: int, n: int) -> WindowFeatures:
    """Any finite float32 there is, and NaN of any bits; shares from 0 to 1."""
    rng = np.random.default_rng(seed)

    def floats(*shape: int) -> Any:  # noqa: ANN401
        found = rng.integers(0, 1 << 32, size=shape, dtype=np.uint32).view(np.float32)
        return np.where(np.isinf(found), np.float32(0), found)

    shares = rng.random((2, n, len(CHANNEL_NAMES)), dtype=np.float32)
    return WindowFeatures(
        floats(n, len(FEATURE_NAMES)),
        *shares,
        floats(n, len(EVIDENCE_NAMES)),
        floats(n, WINDOW_S, len(SEQUENCE_CHANNELS)),
        rng.integers(1, 1 << 40, n),
    )


@given(st.integers(0, 1 << 32), st.lists(st.tuples(users, starts), max_size=5))
@settings(deadline=None)
def test_every_bit_comes_back(seed: int, windows: list[tuple[str, int]]) -> None:
    names, starts_ms = [user for user, _ in windows], np.array([at for _, at in windows], dtype=np.int64)
    computed = any_windows(seed, len(windows))
    back, faults = parse_feature_records(feature_records(computed, names, starts_ms))
    assert (back.user_id, faults) == (names, {})
    for name in NUMBERS:
        found, expected = getattr(back, name), getattr(computed, name)
        assert (found.dtype, found.shape) == (np.float32, expected.shape)
        np.testing.assert_array_equal(found.view(np.uint32), np.ascontiguousarray(expected).view(np.uint32))
    assert back.samples.tolist() == computed.samples.tolist()
    assert back.window_start_ms.tolist() == starts_ms.tolist()
    assert back.window_end_ms.tolist() == (starts_ms + WINDOW_MS).tolist()
    assert set(back.schema_hash) <= {SCHEMA_HASH}


@given(drawn.seeds)
@settings(deadline=None, max_examples=15)
def test_what_was_computed_comes_back_as_float32(seeds: list[int]) -> None:
    starts_ms, samples, offsets = drawn.batch(seeds)
    computed = compute_windows(starts_ms, samples, offsets)
    back, faults = parse_feature_records(feature_records(computed, ["ann"] * len(starts_ms), starts_ms))
    assert faults == {}
    for name in NUMBERS:
        np.testing.assert_array_equal(getattr(back, name), getattr(computed, name).astype(np.float32))
    assert same(as_read(computed, ["ann"] * len(starts_ms), starts_ms), back)


@given(st.integers(0, 1 << 32), users, starts)
@settings(deadline=None)
def test_fastavro_writes_and_reads_the_same(seed: int, user: str, start_ms: int) -> None:
    computed = any_windows(seed, 1)
    (payload,) = feature_records(computed, [user], np.array([start_ms]))
    # In Python a float32 becomes a double and back: signalling NaN lose a bit, so each NaN is the usual one here.
    plain = np.frombuffer(payload[-BLOCK.itemsize :], dtype=BLOCK)[0]
    members: dict[str, Any] = {name: dict(zip(NAMES[name], plain[name].tolist(), strict=True)) for name in NAMES}
    seconds = [dict(zip(SECONDS, row, strict=True)) for row in plain["sequence"].tolist()]
    expected = {
        "user_id": user,
        "window_start_ms": start_ms,
        "window_end_ms": start_ms + WINDOW_MS,
        "samples": int(computed.samples[0]),
        **members,
        "sequence": dict(zip(SEQUENCE_CHANNELS, seconds, strict=True)),
        "schema_hash": bytes.fromhex(SCHEMA_HASH),
    }
    assert repr(by_fastavro(payload)) == repr(expected)
    assert same(parse_feature_record(as_fastavro(expected)), parse_feature_record(payload))


def by_fastavro(payload: bytes) -> Any:  # noqa: ANN401
    stream = io.BytesIO(payload[len(HEADER) :])
    found = fastavro.schemaless_reader(stream, SCHEMA, None)
    assert stream.read() == b""
    return found


def as_fastavro(record: dict[str, Any]) -> bytes:
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, SCHEMA, record)
    return HEADER + stream.getvalue()


def same(one: ParsedWindows, other: ParsedWindows) -> bool:
    pairs = [(value, getattr(other, name)) for name, value in vars(one).items()]
    if any(getattr(a, "dtype", None) != getattr(b, "dtype", None) for a, b in pairs):
        return False
    return all(np.array_equal(a, b, equal_nan=isinstance(a, np.ndarray) and a.dtype.kind == "f") for a, b in pairs)


def full(user: str = "ann", seed: int = 1) -> bytes:
    """A window of which everything is known."""
    computed = any_windows(seed, 1)
    known = {name: np.nan_to_num(getattr(computed, name), nan=1.5) for name in NUMBERS}
    whole = WindowFeatures(**known, samples=np.array([60 * 8 * 32]))
    return feature_records(whole, [user], np.array([1_790_000_000_005]))[0]


@pytest.mark.parametrize("user", ["ann", "3f2b8a52-5c1e-4d4f-9d0a-7f6f0f3c9b1e", "a" * 100])
def test_a_window_of_which_everything_is_known_has_at_most_two_kilobytes(user: str) -> None:
    payload = full(user)
    assert not any(np.isnan(getattr(parse_feature_record(payload), name)).any() for name in NUMBERS)
    assert len(payload) <= MOST_BYTES


def changed(**values: Any) -> bytes:  # noqa: ANN401
    """A good record with other members, as another program would write it."""
    record = by_fastavro(full())
    for name, value in values.items():
        if isinstance(value, dict):
            record[name] |= value
        else:
            record[name] = value
    return as_fastavro(record)


GOOD = full()
LONG_NUMBER = GOOD[:14] + b"\xff" * 9 + b"\x01" + GOOD[20:]


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (b"", "it is empty"),
        (b"\xc3", "it does not begin with c301"),
        (b"\x00" * 2000, "it does not begin with c301"),
        (b'{"user_id": "ann"}', "it is JSON, as older versions wrote it"),
        (b"\xc3\x01" + b"\x01" * 8 + GOOD[10:], f"fingerprint 0101010101010101, must be {HEADER[2:].hex()}"),
        (GOOD[:5], "its schema has fingerprint"),
        (HEADER, "it ends early, after 10 bytes"),
        (GOOD[:-1], f"it has {len(GOOD) - 1} bytes, must have {len(GOOD)}"),
        (GOOD + b"\x00", f"it has {len(GOOD) + 1} bytes, must have {len(GOOD)}"),
        (GOOD * 2, f"it has {2 * len(GOOD)} bytes, must"),
        (LONG_NUMBER, "'window_start_ms' must be a number of at most 9 bytes"),
        (HEADER + b"\xc0\x7f" + GOOD[11:], "it ends early: field 'user_id' is longer"),
        (HEADER + b"\xff\xff\x7f" + GOOD[11:], "'user_id' must have 1 to 128 characters"),
        (HEADER + b"\x01" + GOOD[11:], "'user_id' must have 1 to 128 characters"),
        (HEADER + b"\x06\xff\xff\xff" + GOOD[14:], "'user_id' must be UTF-8"),
        (HEADER + b"\x06\xed\xa0\x80" + GOOD[14:], "'user_id' must be UTF-8"),
        (changed(user_id=""), "'user_id' must have 1 to 128 characters"),
        (changed(user_id="u" * 129), "'user_id' must have 1 to 128 characters"),
        (changed(window_start_ms=EARLIEST_MS - 1), "'window_start_ms' must be from 946684800000"),
        (changed(window_start_ms=-5), "'window_start_ms' must be from 946684800000"),
        (changed(window_end_ms=LATEST_MS + 1), "'window_end_ms' must be from 946684800000"),
        (changed(samples=0), "'samples' must be from 1"),
        (changed(samples=-(1 << 62)), "'samples' must be from 1"),
        (changed(features={"hr_mean": np.inf}), "'features' must hold finite numbers or NaN"),
        (changed(evidence={"unused_sources": -np.inf}), "'evidence' must hold finite numbers or NaN"),
        (changed(sequence={"hr": dict.fromkeys(SECONDS, np.inf)}), "'sequence' must hold finite numbers or NaN"),
        (changed(coverage={"hr": 1.5}), "'coverage' must hold numbers from 0 to 1"),
        (changed(quality={"hr": -0.1}), "'quality' must hold numbers from 0 to 1"),
        (changed(quality={"hr": np.nan}), "'quality' must hold numbers from 0 to 1"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_what_is_no_feature_window_is_one_clear_line_and_spoils_none_of_the_others(
    payload: bytes, message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        parse_feature_record(payload)
    assert str(caught.value).startswith("not a feature window: ")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200
    others = [full("bob", 2), full("eve", 3)]
    found, faults = parse_feature_records([b"", others[0], payload, payload, others[1]])
    assert same(found, parse_feature_records(others)[0])
    assert faults == {0: "not a feature window: it is empty", 2: str(caught.value), 3: str(caught.value)}


def test_another_schema_hash_is_handed_on() -> None:
    assert parse_feature_record(changed(schema_hash=b"\x01" * 8)).schema_hash == ["01" * 8]


def test_bounds_themselves_are_good() -> None:
    read = parse_feature_record(changed(window_start_ms=EARLIEST_MS, window_end_ms=LATEST_MS, samples=(1 << 62) - 1))
    assert (read.window_start_ms[0], read.window_end_ms[0]) == (EARLIEST_MS, LATEST_MS)
    assert read.samples[0] == (1 << 62) - 1
    shares = dict(zip(CHANNEL_NAMES, [0.0, 1.0] * 6, strict=True))
    assert set(parse_feature_record(changed(quality=shares)).quality[0].tolist()) == {0.0, 1.0}


def test_some_rows_are_asked_for_in_their_order() -> None:
    payloads = [full(user, seed) for seed, user in enumerate(("ann", "bob", "eve"))]
    whole, _ = parse_feature_records(payloads)
    assert same(whole.rows(np.array([2, 0])), parse_feature_records([payloads[2], payloads[0]])[0])
    assert len(parse_feature_records([])[0]) == 0


def test_every_beginning_of_a_record_is_refused() -> None:
    beginnings = [GOOD[:size] for size in range(len(GOOD))]
    found, faults = parse_feature_records(beginnings)
    assert (len(found), sorted(faults)) == (0, list(range(len(GOOD))))


@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=4))
@settings(deadline=None, max_examples=300)
def test_other_bytes_are_refused_in_one_line_or_are_a_record_that_fastavro_reads(flips: list[tuple[int, int]]) -> None:
    spoilt = bytearray(GOOD)
    for at, byte in flips:
        spoilt[at] = byte
    found, faults = parse_feature_records([GOOD, bytes(spoilt), GOOD])
    assert len(found) == 3 - len(faults)
    for line in faults.values():
        assert line.startswith("not a feature window: ")
    if not faults:
        read = by_fastavro(bytes(spoilt))
        assert (read["user_id"], read["samples"]) == (found.user_id[1], found.samples[1])
        np.testing.assert_array_equal(np.float32(list(read["features"].values())), found.features[1])


def test_each_member_stands_where_the_schema_has_it() -> None:
    """Each number of a record is another one, and fastavro finds it under its name."""
    block = np.arange((BLOCK.itemsize - 8) // 4, dtype="<f4") / 1024
    read = by_fastavro(GOOD[: -BLOCK.itemsize] + block.tobytes() + bytes(8))
    flat = [value for name in NAMES for value in read[name].values()]
    flat += [value for each in read["sequence"].values() for value in each.values()]
    assert flat == block.tolist()
    assert [name for name in read if name in NUMBERS] == [name for name in BLOCK.names or () if name in NUMBERS]
    assert {name: tuple(read[name]) for name in NAMES} == NAMES
    assert tuple(read["sequence"]) == SEQUENCE_CHANNELS
