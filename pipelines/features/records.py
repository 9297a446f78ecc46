"""The feature window record as JSON bytes and back, a batch at a time, without an object per number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import orjson

from models.core.arrays import Float32s, Floats, Ints
from pipelines.core.errors import InputError
from schemas.channels import CHANNEL_NAMES, SEQUENCE_CHANNELS
from schemas.feature_table import FEATURE_NAMES
from schemas.fingerprint import schema_hash
from schemas.windows import WINDOW_MS, WINDOW_S

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
    numbers = (computed.samples, computed.features, computed.coverage, computed.quality)
    rows = zip(user_ids, window_start_ms.tolist(), *(each.tolist() for each in numbers), per_channel, strict=True)
    return [_json(*row) for row in rows]


def _json(
    user_id: str,
    start_ms: int,
    samples: int,
    features: list[float],
    coverage: list[float],
    quality: list[float],
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
        "sequence": dict(zip(SEQUENCE_CHANNELS, sequence, strict=True)),
        "schema_hash": SCHEMA_HASH,
    }
    return orjson.dumps(record, option=orjson.OPT_SERIALIZE_NUMPY)


AT_ONCE: Final = 48
"""Records whose numbers are objects at the same time: more of them no longer fit the processor's cache."""

_PLAIN: Final = {"user_id": str, "window_start_ms": int, "window_end_ms": int, "samples": int, "schema_hash": str}


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
    sequence: Float32s
    """(n, seconds, channels)."""
    schema_hash: list[str]

    def __len__(self) -> int:
        return len(self.user_id)

    def rows(self, which: Ints) -> "ParsedWindows":
        """Some of the windows, in the order asked for."""
        given: dict[str, Any] = vars(self)
        return ParsedWindows(**{name: _chosen(values, which) for name, values in given.items()})


def _chosen(values: Any, which: Ints) -> Any:  # noqa: ANN401
    return [values[row] for row in which] if isinstance(values, list) else values[which]


def parse_feature_windows(payloads: Sequence[bytes]) -> tuple[ParsedWindows, dict[int, str]]:
    """The windows of all payloads that hold one, in order; and of the others, by their place, what is wrong.

    Each number comes back bit for bit. The schema hash is handed on, not judged.

    >>> parse_feature_windows([b"{}"])[1]
    {0: "not a feature window: field 'features' is missing"}
    """
    starts = range(0, max(len(payloads), 1), AT_ONCE)
    parts = [_together(payloads[at : at + AT_ONCE]) for at in starts]
    faults = {at + place: text for at, (_, found) in zip(starts, parts, strict=True) for place, text in found.items()}
    return _joined([windows for windows, _ in parts]), faults


def parse_feature_window(payload: bytes) -> ParsedWindows:
    """The one window of a payload; raises InputError, naming the field, when there is none.

    >>> parse_feature_window(b"[]")
    Traceback (most recent call last):
    pipelines.core.errors.InputError: not a feature window: list indices must be integers or slices, not str
    """
    try:
        return _columns([orjson.loads(payload)])
    except KeyError as error:
        raise InputError(f"not a feature window: field {error} is missing") from error
    except (TypeError, ValueError) as error:
        raise InputError(f"not a feature window: {error}") from error


def _together(payloads: Sequence[bytes]) -> tuple[ParsedWindows, dict[int, str]]:
    try:
        return _columns([orjson.loads(payload) for payload in payloads]), {}
    except (LookupError, TypeError, ValueError):
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


def _columns(records: Sequence[dict[str, Any]]) -> ParsedWindows:
    kinds = {"features": FEATURE_NAMES, "coverage": CHANNEL_NAMES, "quality": CHANNEL_NAMES}
    numbers: dict[str, Any] = {
        name: _matrix([record[name] for record in records], names) for name, names in kinds.items()
    }
    plain = {name: _plain([record[name] for record in records], name, kind) for name, kind in _PLAIN.items()}
    return ParsedWindows(**numbers, **plain, sequence=_sequences([record["sequence"] for record in records]))


def _plain(values: list[Any], name: str, kind: type) -> Any:  # noqa: ANN401
    if any(type(value) is not kind for value in values):
        raise ValueError(f"field {name!r} must be of type {kind.__name__}")
    return np.array(values, dtype=np.int64) if kind is int else values


def _matrix(rows: Sequence[Mapping[str, Any]], names: tuple[str, ...]) -> Floats:
    found = np.array([_values(row, names) for row in rows], dtype=np.float64) if rows else np.empty((0, len(names)))
    if found.shape != (len(rows), len(names)) or np.isinf(found).any():
        raise ValueError("features, coverage and quality must be finite numbers or null")
    return found


def _sequences(rows: Sequence[Mapping[str, Any]]) -> Float32s:
    shape = (len(rows), len(SEQUENCE_CHANNELS), WINDOW_S)
    values = [_values(row, SEQUENCE_CHANNELS) for row in rows]
    found = np.array(values, dtype=np.float32) if rows else np.empty(shape, dtype=np.float32)
    if found.shape != shape or np.isinf(found).any():
        raise ValueError(f"sequence must have {WINDOW_S} finite numbers or nulls per channel")
    return np.ascontiguousarray(found.transpose(0, 2, 1))


def _values(numbers: Mapping[str, Any], names: tuple[str, ...]) -> list[Any]:
    """In the order of the names, which is the one they usually have."""
    return list(numbers.values()) if tuple(numbers) == names else [numbers[name] for name in names]
