"""The feature window record as JSON bytes, and back, without an object per number."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray

from models.arrays import Floats
from pipelines.errors import InputError
from schemas.channels import CHANNEL_NAMES, SEQUENCE_CHANNELS
from schemas.feature_table import FEATURE_NAMES
from schemas.fingerprint import schema_hash
from schemas.windows import WINDOW_MS, WINDOW_S

if TYPE_CHECKING:
    from pipelines.features import WindowFeatures

SCHEMA_HASH: Final = schema_hash()


@dataclass(frozen=True)
class ParsedWindow:
    """One feature window as arrays, in the orders of the tables; null has become NaN."""

    user_id: str
    window_start_ms: int
    window_end_ms: int
    samples: int
    features: Floats
    coverage: Floats
    quality: Floats
    sequence: NDArray[np.float32]
    schema_hash: str


def feature_window_json(computed: "WindowFeatures", row: int, *, user_id: str, window_start_ms: int) -> bytes:
    """Window `row` of a batch as a `schemas.records.FeatureWindow` in JSON; NaN is null, float32 keeps its digits.

    >>> from pipelines.features import compute_blobs
    >>> empty = compute_blobs(np.array([0]), [b""])
    >>> feature_window_json(empty, 0, user_id="ada", window_start_ms=946684800000)[:56]
    b'{"user_id":"ada","window_start_ms":946684800000,"window_'
    """
    per_channel = np.ascontiguousarray(computed.sequence[row].T)
    record = {
        "user_id": user_id,
        "window_start_ms": int(window_start_ms),
        "window_end_ms": int(window_start_ms) + WINDOW_MS,
        "samples": int(computed.samples[row]),
        "features": dict(zip(FEATURE_NAMES, computed.features[row].tolist(), strict=True)),
        "coverage": dict(zip(CHANNEL_NAMES, computed.coverage[row].tolist(), strict=True)),
        "quality": dict(zip(CHANNEL_NAMES, computed.quality[row].tolist(), strict=True)),
        "sequence": dict(zip(SEQUENCE_CHANNELS, per_channel, strict=True)),
        "schema_hash": SCHEMA_HASH,
    }
    return orjson.dumps(record, option=orjson.OPT_SERIALIZE_NUMPY)


def parse_feature_window(payload: bytes) -> ParsedWindow:
    """The inverse; each number comes back bit for bit.

    Raises InputError, naming the field, when the bytes are not a feature window. The schema hash is handed on,
    not judged.

    >>> parse_feature_window(b"{}")
    Traceback (most recent call last):
    pipelines.errors.InputError: not a feature window: field 'features' is missing
    """
    try:
        record = orjson.loads(payload)
        return ParsedWindow(
            features=_vector(record["features"], FEATURE_NAMES),
            coverage=_vector(record["coverage"], CHANNEL_NAMES),
            quality=_vector(record["quality"], CHANNEL_NAMES),
            sequence=_matrix(record["sequence"]),
            **{name: _plain(record, name, kind) for name, kind in _PLAIN.items()},
        )
    except KeyError as error:
        raise InputError(f"not a feature window: field {error} is missing") from error
    except (TypeError, ValueError) as error:
        raise InputError(f"not a feature window: {error}") from error


_PLAIN: Final = {"user_id": str, "window_start_ms": int, "window_end_ms": int, "samples": int, "schema_hash": str}


def _plain(record: dict[str, Any], name: str, kind: type) -> Any:  # noqa: ANN401
    if type(record[name]) is not kind:
        raise ValueError(f"field {name!r} must be of type {kind.__name__}")
    return record[name]


def _vector(numbers: dict[str, Any], names: tuple[str, ...]) -> Floats:
    vector = np.array([numbers[name] for name in names], dtype=np.float64)
    if vector.shape != (len(names),) or np.isinf(vector).any():
        raise ValueError("features, coverage and quality must be finite numbers or null")
    return vector


def _matrix(numbers: dict[str, Any]) -> NDArray[np.float32]:
    columns = np.array([numbers[name] for name in SEQUENCE_CHANNELS], dtype=np.float32)
    if columns.shape != (len(SEQUENCE_CHANNELS), WINDOW_S) or np.isinf(columns).any():
        raise ValueError(f"sequence must have {WINDOW_S} finite numbers or nulls per channel")
    return np.ascontiguousarray(columns.T)
