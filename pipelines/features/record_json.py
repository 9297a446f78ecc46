"""The feature window record as JSON bytes, without an object per number."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import orjson

from models.core.arrays import Float32s, Ints
from schemas.channels import CHANNEL_NAMES, SEQUENCE_CHANNELS
from schemas.feature_table import FEATURE_NAMES
from schemas.fingerprint import schema_hash
from schemas.windows import WINDOW_MS

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
