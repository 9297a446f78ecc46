"""The feature window record as bytes and back: Avro, a batch at a time, without an object per number.

A record is `HEADER`, the user id, three longs, and `BLOCK`: all that is left is floats, and they lie as an array does.
What the bytes mean stands in `schemas/avro/FeatureWindow.v1.avsc`. Any Avro library reads them with it, and writes
what this module reads.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.core.arrays import Bools, Float32s, Ints
from pipelines.core.errors import InputError
from pipelines.features import longs
from schemas.avro_schema import MARKER, SCHEMA_HASH_BYTES, feature_window_schema, fingerprint
from schemas.channels import CHANNEL_NAMES, SEQUENCE_CHANNELS
from schemas.feature_table import EVIDENCE_NAMES, FEATURE_NAMES
from schemas.fingerprint import schema_hash
from schemas.message_rules import MAX_ID_LENGTH
from schemas.windows import EARLIEST_MS, LATEST_MS, WINDOW_MS, WINDOW_S

if TYPE_CHECKING:
    from pipelines.features.compute import WindowFeatures


SCHEMA_HASH: Final = schema_hash()
HEADER: Final = MARKER + fingerprint(feature_window_schema())

BLOCK: Final = np.dtype(
    [
        ("features", "<f4", len(FEATURE_NAMES)),
        ("coverage", "<f4", len(CHANNEL_NAMES)),
        ("quality", "<f4", len(CHANNEL_NAMES)),
        ("evidence", "<f4", len(EVIDENCE_NAMES)),
        ("sequence", "<f4", (len(SEQUENCE_CHANNELS), WINDOW_S)),
        ("schema_hash", f"V{SCHEMA_HASH_BYTES}"),
    ]
)
"""The end of a record, as the schema has it."""

LONGS: Final = ("window_start_ms", "window_end_ms", "samples")
_BOUNDS: Final = {
    "window_start_ms": (EARLIEST_MS, LATEST_MS),
    "window_end_ms": (EARLIEST_MS, LATEST_MS),
    "samples": (1, (1 << 62) - 1),
}
_LEAST: Final = len(HEADER) + 1 + len(LONGS) + BLOCK.itemsize


def feature_records(computed: "WindowFeatures", user_ids: Sequence[str], window_start_ms: Ints) -> list[bytes]:
    """n windows as records of `schemas.records.FeatureWindow`; numbers become float32, and NaN stays NaN.

    >>> from pipelines.features.compute import compute_blobs
    >>> empty = compute_blobs(np.array([0]), [b""])
    >>> record = feature_records(empty, ["ada"], np.array([946684800000]))[0]
    >>> record[:2].hex(), record[10:14], len(record)
    ('c301', b'\\x06ada', 1931)
    """
    rows = np.empty(len(user_ids), dtype=BLOCK)
    for name in ("features", "coverage", "quality", "evidence"):
        rows[name] = getattr(computed, name)
    rows["sequence"] = computed.sequence.transpose(0, 2, 1)
    rows["schema_hash"] = np.void(bytes.fromhex(SCHEMA_HASH))
    whole = longs.written(np.stack([window_start_ms, window_start_ms + WINDOW_MS, computed.samples], axis=1))
    parts = zip(map(str.encode, user_ids), whole, _blocks(rows), strict=True)
    return [b"".join((HEADER, _length(len(user)), user, numbers, block)) for user, numbers, block in parts]


def _blocks(rows: NDArray[np.void]) -> Iterator[bytes]:
    flat, size = rows.tobytes(), BLOCK.itemsize
    return (flat[at : at + size] for at in range(0, len(flat), size))


@cache
def _length(size: int) -> bytes:
    return longs.written(np.array([[size]]))[0]


@dataclass(frozen=True)
class ParsedWindows:
    """n feature windows, in the orders of the tables. Numbers are the float32 that travelled; NaN is missing."""

    user_id: list[str]
    window_start_ms: Ints
    window_end_ms: Ints
    samples: Ints
    features: Float32s
    """(n, features)."""
    coverage: Float32s
    """(n, channels), 0 to 1; never NaN."""
    quality: Float32s
    """(n, channels), 0 to 1; never NaN."""
    evidence: Float32s
    """(n, figures)."""
    sequence: Float32s
    """(n, seconds, channels)."""
    schema_hash: list[str]

    def __len__(self) -> int:
        return len(self.user_id)

    def rows(self, which: Ints) -> "ParsedWindows":
        """Some of the windows, in the order asked for."""
        given: dict[str, Any] = vars(self)
        return ParsedWindows(**{name: _chosen(values, which) for name, values in given.items()})


def as_read(computed: "WindowFeatures", user_ids: Sequence[str], window_start_ms: Ints) -> ParsedWindows:
    """What a reader of the records of n computed windows has, bit for bit, without writing or reading one.

    >>> from pipelines.features.compute import compute_blobs
    >>> empty, at = compute_blobs(np.array([0]), [b""]), np.array([946684800000])
    >>> as_read(empty, ["ada"], at).window_end_ms.tolist()
    [946684860000]
    """
    return ParsedWindows(
        list(user_ids),
        window_start_ms,
        window_start_ms + WINDOW_MS,
        computed.samples,
        computed.features.astype(np.float32),
        computed.coverage.astype(np.float32),
        computed.quality.astype(np.float32),
        computed.evidence.astype(np.float32),
        computed.sequence,
        [SCHEMA_HASH] * len(user_ids),
    )


def _chosen(values: Any, which: Ints) -> Any:  # noqa: ANN401
    return [values[row] for row in which] if isinstance(values, list) else values[which]


def parse_feature_records(payloads: Sequence[bytes]) -> tuple[ParsedWindows, dict[int, str]]:
    """The windows of all payloads that hold one, in order; and of the others, by their place, what is wrong.

    A payload holds one where `schemas.records.FeatureWindow` allows it, whoever wrote it. Each number comes back bit
    for bit. The schema hash is handed on, not judged.

    >>> parse_feature_records([b"ann"])[1]
    {0: 'not a feature window: it does not begin with c301, as an Avro record does'}
    """
    faults: dict[int, str] = {}
    parts: dict[int, _Parts] = {}
    for place, payload in enumerate(payloads):
        try:
            parts[place] = _parted(payload)
        except ValueError as fault:
            faults[place] = str(fault)
    numbers, fit = longs.read([part.longs for part in parts.values()], len(LONGS))
    faults |= {place: _misfit(payloads[place]) for place, fits in zip(parts, fit, strict=True) if not fits}
    places = [place for place in parts if place not in faults]
    windows = _windows([parts[place] for place in places], numbers)
    bad = _out_of_bounds(windows)
    faults |= {places[row]: text for row, text in bad.items()}
    good = windows.rows(np.delete(np.arange(len(windows)), list(bad))) if bad else windows
    return good, {place: f"not a feature window: {faults[place]}" for place in sorted(faults)}


def parse_feature_record(payload: bytes) -> ParsedWindows:
    """The one window of a payload; raises InputError, saying what is wrong, when there is none.

    >>> parse_feature_record(b"")
    Traceback (most recent call last):
    pipelines.core.errors.InputError: not a feature window: it is empty
    """
    windows, faults = parse_feature_records([payload])
    if faults:
        raise InputError(faults[0])
    return windows


class _Parts(NamedTuple):
    """A record without its header."""

    user: str
    longs: bytes
    block: bytes


def _parted(payload: bytes) -> _Parts:
    """A record's parts; raises ValueError where a payload cannot have them.

    Only the block's length is known, so it is counted from the end; whether the longs fill what is left is seen when
    they are read.
    """
    if not payload.startswith(HEADER):
        raise ValueError(_strange(payload))
    if len(payload) < _LEAST:
        raise ValueError(f"it ends early, after {len(payload)} bytes")
    size, begin = _user_bytes(payload)
    end, behind = begin + size, len(payload) - BLOCK.itemsize
    if end > behind:
        raise ValueError("it ends early: field 'user_id' is longer than what there is")
    try:
        user = payload[begin:end].decode()
    except UnicodeDecodeError as fault:
        raise ValueError("field 'user_id' must be UTF-8") from fault
    if not 1 <= len(user) <= MAX_ID_LENGTH:
        raise ValueError(f"field 'user_id' must have 1 to {MAX_ID_LENGTH} characters")
    return _Parts(user, payload[end:behind], payload[behind:])


def _user_bytes(payload: bytes) -> tuple[int, int]:
    """How many there are, and where they begin."""
    at = len(HEADER)
    zigzag, begin = payload[at], at + 1
    if zigzag >= 0x80:
        zigzag, begin = zigzag - 0x80 + (payload[begin] << 7), begin + 1
    # A third byte or an odd number: longer than any id, or less than nothing.
    if zigzag >= 0x80 << 7 or zigzag & 1:
        raise ValueError(f"field 'user_id' must have 1 to {MAX_ID_LENGTH} characters")
    return zigzag >> 1, begin


def _strange(payload: bytes) -> str:
    """What a payload is that is no record of ours."""
    if not payload:
        return "it is empty"
    if payload.lstrip()[:1] == b"{":
        return "it is JSON, as older versions wrote it"
    if not payload.startswith(MARKER):
        return f"it does not begin with {MARKER.hex()}, as an Avro record does"
    mark = payload[len(MARKER) : len(HEADER)].hex()
    return f"its schema has fingerprint {mark}, must be {HEADER[len(MARKER) :].hex()}"


def _misfit(payload: bytes) -> str:
    """Why the longs of a record do not fill what lies between user id and block."""
    size, begin = _user_bytes(payload)
    at = begin + size
    for name in LONGS:
        stop = next((place for place in range(at, len(payload)) if payload[place] < 0x80), len(payload))
        if stop - at >= longs.MOST_BYTES:
            return f"field {name!r} must be a number of at most {longs.MOST_BYTES} bytes"
        at = stop + 1
    return f"it has {len(payload)} bytes, must have {at + BLOCK.itemsize}"


def _windows(parts: Sequence[_Parts], numbers: Ints) -> ParsedWindows:
    rows = np.frombuffer(b"".join([part.block for part in parts]), dtype=BLOCK)
    plain = {name: np.ascontiguousarray(numbers[:, column]) for column, name in enumerate(LONGS)}
    floats = {name: np.array(rows[name], order="C") for name in ("features", "coverage", "quality", "evidence")}
    sequence = np.array(rows["sequence"].transpose(0, 2, 1), order="C")
    hashes = [each.tobytes().hex() for each in rows["schema_hash"]]
    users = [part.user for part in parts]
    return ParsedWindows(user_id=users, **plain, **floats, sequence=sequence, schema_hash=hashes)


def _out_of_bounds(windows: ParsedWindows) -> dict[int, str]:
    """The first thing wrong with the values of each row that has anything wrong."""
    found: dict[int, str] = {}
    for bad, text in _checks(windows):
        if bad.any():
            found = {int(row): text for row in np.flatnonzero(bad)} | found
    return found


def _checks(windows: ParsedWindows) -> Iterator[tuple[Bools, str]]:
    for name, (low, high) in _BOUNDS.items():
        values = getattr(windows, name)
        yield (values < low) | (values > high), f"field {name!r} must be from {low} to {high}"
    for name in ("coverage", "quality"):
        values = getattr(windows, name)
        yield ~((values >= 0) & (values <= 1)).all(axis=1), f"field {name!r} must hold numbers from 0 to 1"
    for name in ("features", "evidence", "sequence"):
        infinite = np.isinf(getattr(windows, name))
        yield infinite.any(axis=tuple(range(1, infinite.ndim))), f"field {name!r} must hold finite numbers or NaN"
