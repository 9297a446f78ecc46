"""Feature records for the target `control`: a good one, and what must hold of any others."""

import io
import math
from collections.abc import Sequence
from typing import Any, Final

import fastavro
import numpy as np
from pydantic import ValidationError

from pipelines.features.compute import WindowFeatures
from pipelines.features.longs import MOST_BYTES
from pipelines.features.record_lines import feature_lines
from pipelines.features.records import HEADER, ParsedWindows, feature_records, parse_feature_records
from schemas.avro_schema import feature_window_schema
from schemas.channels import CHANNEL_NAMES, SEQUENCE_CHANNELS
from schemas.feature_table import EVIDENCE_NAMES, FEATURE_NAMES
from schemas.message_rules import FORBIDDEN
from schemas.records import FeatureWindow
from schemas.windows import WINDOW_MS, WINDOW_S
from tests.fuzz.rounds import BrokenError

MOST_CHARS: Final = 500
"""Of a line that says why: it goes to quarantine, or to the report topic."""

RECORD: Final = fastavro.parse_schema(feature_window_schema())


def good_record(user: str, end_ms: int) -> bytes:
    """A window's record in which every other second is missing."""
    shares = np.full((1, len(CHANNEL_NAMES)), 0.5)
    sequence = np.full((1, WINDOW_S, len(SEQUENCE_CHANNELS)), 0.5, dtype=np.float32)
    sequence[:, ::2] = np.nan
    numbers = np.full((1, len(FEATURE_NAMES)), 1.25), shares, shares, np.full((1, len(EVIDENCE_NAMES)), np.nan)
    computed = WindowFeatures(*numbers, sequence, np.array([60]))
    return feature_records(computed, [user], np.array([end_ms - WINDOW_MS]))[0]


def check(payloads: Sequence[bytes]) -> None:
    """Each payload is a window that the record allows, or gets one line that says why not; fastavro says the same."""
    windows, faults = parse_feature_records(payloads)
    if len(windows) + len(faults) != len(payloads):
        raise BrokenError("feature records are lost")
    for place, line in faults.items():
        if not line.startswith("not a feature window: ") or FORBIDDEN.search(line) or len(line) > MOST_CHARS:
            raise BrokenError("a feature record is refused unclearly", line)
        if f"at most {MOST_BYTES} bytes" not in line and _by_fastavro(payloads[place]) is not None:
            raise BrokenError("a good feature record is refused", line)
    good = [payload for place, payload in enumerate(payloads) if place not in faults]
    for row, payload in enumerate(good):
        _check_window(windows.rows(np.array([row])), payload)


def _check_window(window: ParsedWindows, payload: bytes) -> None:
    expected = _by_fastavro(payload)
    if expected is None:
        raise BrokenError("a bad feature window was read", payload)
    if FeatureWindow.model_validate_json(feature_lines(window)[0], strict=True) != expected:
        raise BrokenError("a feature window was read as another one", expected)


def _by_fastavro(payload: bytes) -> FeatureWindow | None:
    """The record as a library and the declared record have it; None where there is none."""
    stream = io.BytesIO(payload[len(HEADER) :])
    try:
        found: Any = fastavro.schemaless_reader(stream, RECORD, None)
    except Exception:  # Each kind of bad byte has its own.
        return None
    if not payload.startswith(HEADER) or stream.read():
        return None
    sequence = {name: list(seconds.values()) for name, seconds in found["sequence"].items()}
    members = {**found, "sequence": sequence, "schema_hash": found["schema_hash"].hex()}
    try:
        return FeatureWindow.model_validate(_shortest(members), strict=True)
    except ValidationError:
        return None


def _shortest(value: Any) -> Any:  # noqa: ANN401
    """Each float32 as the double of its shortest digits, and None where it is NaN."""
    if isinstance(value, dict):
        return {name: _shortest(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_shortest(each) for each in value]
    if isinstance(value, float):
        return None if math.isnan(value) else float(str(np.float32(value)))
    return value
