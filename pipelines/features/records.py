"""The feature window record as JSON bytes and back, a batch at a time, without an object per number."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np
import orjson
from numpy.typing import NDArray

from models.core.arrays import Float32s, Floats, Ints
from pipelines.core.errors import InputError
from schemas.channels import CHANNEL_NAMES, SEQUENCE_CHANNELS
from schemas.feature_table import EVIDENCE_NAMES, FEATURE_NAMES
from schemas.fingerprint import schema_hash
from schemas.message_rules import MAX_ID_LENGTH
from schemas.windows import EARLIEST_MS, LATEST_MS, WINDOW_MS, WINDOW_S

if TYPE_CHECKING:
    from pipelines.features.compute import WindowFeatures


SCHEMA_HASH: Final = schema_hash()


def feature_windows_json(computed: "WindowFeatures", user_ids: Sequence[str], window_start_ms: Ints) -> list[bytes]:
    """n windows as `schemas.records.FeatureWindow` in JSON; NaN is null, float32 keeps its digits.

    >>> from pipelines.features.compute import compute_blobs
    >>> empty = compute_blobs(np.array([0]), [b""])
    >>> feature_windows_json(empty, ["ada"], np.array([946684800000]))[0][:56]
    b'{"user_id":"ada","window_start_ms":946684800000,"window_'
    """
    per_channel = np.ascontiguousarray(computed.sequence.transpose(0, 2, 1))
    numbers = (computed.samples, computed.features, computed.coverage, computed.quality, computed.evidence)
    rows = zip(user_ids, window_start_ms.tolist(), *(each.tolist() for each in numbers), per_channel, strict=True)
    return [_json(*row) for row in rows]


def _json(
    user_id: str,
    start_ms: int,
    samples: int,
    features: list[float],
    coverage: list[float],
    quality: list[float],
    evidence: list[float],
    sequence: Float32s,
) -> bytes:
    record = {
        "user_id": user_id,
        "window_start_ms": start_ms,
        "window_end_ms": start_ms + WINDOW_MS,
        "samples": samples,
        "features": dict(zip(FEATURE_NAMES, features, strict=True)),
        "coverage": dict(zip(CHANNEL_NAMES, coverage, strict=True)),
        "quality": dict(zip(CHANNEL_NAMES, quality, strict=True)),
        "evidence": dict(zip(EVIDENCE_NAMES, evidence, strict=True)),
        "sequence": dict(zip(SEQUENCE_CHANNELS, sequence, strict=True)),
        "schema_hash": SCHEMA_HASH,
    }
    return orjson.dumps(record, option=orjson.OPT_SERIALIZE_NUMPY)


AT_ONCE: Final = 48
"""Records whose numbers are objects at the same time: more of them no longer fit the processor's cache."""

_PLAIN: Final = {"user_id": str, "window_start_ms": int, "window_end_ms": int, "samples": int, "schema_hash": str}
_BOUNDS: Final = {
    "window_start_ms": (EARLIEST_MS, LATEST_MS),
    "window_end_ms": (EARLIEST_MS, LATEST_MS),
    "samples": (1, np.iinfo(np.int64).max),
}
_NUMBER: Final = frozenset((float, int, type(None)))

Number = TypeVar("Number", np.float32, np.float64)


@dataclass(frozen=True)
class ParsedWindows:
    """n feature windows, in the orders of the tables; null has become NaN."""

    user_id: list[str]
    window_start_ms: Ints
    window_end_ms: Ints
    samples: Ints
    features: Floats
    coverage: Floats
    quality: Floats
    evidence: Floats
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
        computed.features,
        computed.coverage,
        computed.quality,
        computed.evidence,
        computed.sequence,
        [SCHEMA_HASH] * len(user_ids),
    )


def _chosen(values: Any, which: Ints) -> Any:  # noqa: ANN401
    return [values[row] for row in which] if isinstance(values, list) else values[which]


def parse_feature_windows(payloads: Sequence[bytes]) -> tuple[ParsedWindows, dict[int, str]]:
    """The windows of all payloads that hold one, in order; and of the others, by their place, what is wrong.

    A payload holds one where `schemas.records.FeatureWindow` allows it; more members than those do no harm. Each number
    comes back bit for bit. The schema hash is handed on, not judged.

    >>> parse_feature_windows([b"{}"])[1]
    {0: "not a feature window: field 'user_id' is missing"}
    """
    starts = range(0, max(len(payloads), 1), AT_ONCE)
    parts = [_together(payloads[at : at + AT_ONCE]) for at in starts]
    faults = {at + place: text for at, (_, found) in zip(starts, parts, strict=True) for place, text in found.items()}
    return _joined([windows for windows, _ in parts]), faults


def parse_feature_window(payload: bytes) -> ParsedWindows:
    """The one window of a payload; raises InputError, naming the field, when there is none.

    >>> parse_feature_window(b"[]")
    Traceback (most recent call last):
    pipelines.core.errors.InputError: not a feature window: it must be an object
    """
    try:
        return _columns([orjson.loads(payload)])
    except KeyError as error:
        raise InputError(f"not a feature window: field {error} is missing") from error
    except ValueError as error:
        raise InputError(f"not a feature window: {error}") from error


def _together(payloads: Sequence[bytes]) -> tuple[ParsedWindows, dict[int, str]]:
    try:
        return _columns([orjson.loads(payload) for payload in payloads]), {}
    except (KeyError, ValueError):
        return _apart(payloads)


def _apart(payloads: Sequence[bytes]) -> tuple[ParsedWindows, dict[int, str]]:
    """The same, one by one, so that a bad record spoils none of the others."""
    good, faults = [_columns([])], {}
    for place, payload in enumerate(payloads):
        try:
            good.append(parse_feature_window(payload))
        except InputError as fault:
            faults[place] = str(fault)
    return _joined(good), faults


def _joined(parts: Sequence[ParsedWindows]) -> ParsedWindows:
    def joined(name: str) -> Any:  # noqa: ANN401
        each = [getattr(part, name) for part in parts]
        return list(chain.from_iterable(each)) if isinstance(each[0], list) else np.concatenate(each)

    return ParsedWindows(**{field.name: joined(field.name) for field in fields(ParsedWindows)})


def _columns(records: Sequence[Any]) -> ParsedWindows:
    """Raises KeyError where a member is missing, and ValueError, naming it, where it is not what it must be."""
    if any(type(record) is not dict for record in records):
        raise ValueError("it must be an object")
    plain = {name: _plain([record[name] for record in records], name, kind) for name, kind in _PLAIN.items()}
    if any(not 1 <= len(user) <= MAX_ID_LENGTH for user in plain["user_id"]):
        raise ValueError(f"field 'user_id' must have 1 to {MAX_ID_LENGTH} characters")
    return ParsedWindows(
        **plain,
        features=_matrix(records, "features", FEATURE_NAMES),
        coverage=_shares(records, "coverage"),
        quality=_shares(records, "quality"),
        evidence=_matrix(records, "evidence", EVIDENCE_NAMES),
        sequence=_sequences(records),
    )


def _plain(values: list[Any], name: str, kind: type) -> Any:  # noqa: ANN401
    if any(type(value) is not kind for value in values):
        raise ValueError(f"field {name!r} must be of type {kind.__name__}")
    if kind is not int:
        return values
    low, high = _BOUNDS[name]
    if any(not low <= value <= high for value in values):
        raise ValueError(f"field {name!r} must be from {low} to {high}")
    return np.array(values, dtype=np.int64)


def _matrix(records: Sequence[dict[str, Any]], field: str, names: tuple[str, ...]) -> Floats:
    rows = [_members(record[field], field, names) for record in records]
    must = f"field {field!r} must hold finite numbers or null"
    return _finite(rows, np.float64, must).reshape(len(rows), len(names))


def _shares(records: Sequence[dict[str, Any]], field: str) -> Floats:
    found = _matrix(records, field, CHANNEL_NAMES)
    if not ((found >= 0) & (found <= 1)).all():
        raise ValueError(f"field {field!r} must hold numbers from 0 to 1")
    return found


def _sequences(records: Sequence[dict[str, Any]]) -> Float32s:
    rows = [row for record in records for row in _members(record["sequence"], "sequence", SEQUENCE_CHANNELS)]
    must = f"field 'sequence' must hold {WINDOW_S} finite numbers or nulls per channel"
    if any(type(row) is not list or len(row) != WINDOW_S for row in rows):
        raise ValueError(must)
    found = _finite(rows, np.float32, must).reshape(len(records), len(SEQUENCE_CHANNELS), WINDOW_S)
    return np.ascontiguousarray(found.transpose(0, 2, 1))


def _finite(rows: Sequence[Sequence[Any]], kind: type[Number], must: str) -> NDArray[Number]:
    """Rows of JSON numbers, null as NaN. No text, though numpy would read it, and nothing that becomes infinite."""
    if not set(map(type, chain.from_iterable(rows))) <= _NUMBER:
        raise ValueError(must)
    with np.errstate(over="ignore"):
        found = np.array(rows, dtype=kind)
    if np.isinf(found).any():
        raise ValueError(must)
    return found


def _members(numbers: Any, field: str, names: tuple[str, ...]) -> list[Any]:  # noqa: ANN401
    """In the order of the names, which is the one they usually have."""
    if type(numbers) is not dict:
        raise ValueError(f"field {field!r} must be an object")
    return list(numbers.values()) if tuple(numbers) == names else [numbers[name] for name in names]
