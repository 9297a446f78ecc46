"""Feature windows as lines of JSON, for people and programs that have no library for Avro."""

from typing import Any

import numpy as np
import orjson

from models.core.arrays import Float32s
from pipelines.features.records import ParsedWindows
from schemas.channels import CHANNEL_NAMES, SEQUENCE_CHANNELS
from schemas.feature_table import EVIDENCE_NAMES, FEATURE_NAMES


def feature_lines(windows: ParsedWindows) -> list[bytes]:
    """Each window as `schemas.records.FeatureWindow` in JSON, without a line's end; NaN is null.

    A number has as many digits as tell it from its float32 neighbours.

    >>> from pipelines.features.compute import compute_blobs
    >>> from pipelines.features.records import feature_records, parse_feature_records
    >>> from pipelines.signals.series.samples import pack
    >>> start = np.array([946684800000])
    >>> pulse = compute_blobs(start, [pack(start, np.array([0]), np.array([61.5])).tobytes()])
    >>> feature_lines(parse_feature_records(feature_records(pulse, ["ada"], start))[0])[0][77:129]
    b'"samples":1,"features":{"hr_mean":61.5,"hr_std":null'
    """
    return [orjson.dumps(_members(windows, row), option=orjson.OPT_SERIALIZE_NUMPY) for row in range(len(windows))]


def _members(windows: ParsedWindows, row: int) -> dict[str, Any]:
    return {
        "user_id": windows.user_id[row],
        "window_start_ms": windows.window_start_ms[row],
        "window_end_ms": windows.window_end_ms[row],
        "samples": windows.samples[row],
        "features": _named(FEATURE_NAMES, windows.features[row]),
        "coverage": _named(CHANNEL_NAMES, windows.coverage[row]),
        "quality": _named(CHANNEL_NAMES, windows.quality[row]),
        "evidence": _named(EVIDENCE_NAMES, windows.evidence[row]),
        "sequence": _named(SEQUENCE_CHANNELS, np.ascontiguousarray(windows.sequence[row].T)),
        "schema_hash": windows.schema_hash[row],
    }


def _named(names: tuple[str, ...], values: Float32s) -> dict[str, Any]:
    return dict(zip(names, values, strict=True))
