"""Feature windows as JSON are the record that the JSON Schema describes, with the numbers that travelled."""

import json

import numpy as np
from hypothesis import given, settings

from pipelines.features.compute import compute_windows
from pipelines.features.record_lines import feature_lines
from pipelines.features.records import feature_records, parse_feature_records
from schemas.channels import CHANNEL_NAMES, SEQUENCE_CHANNELS
from schemas.feature_table import EVIDENCE_NAMES, FEATURE_NAMES
from schemas.records import FeatureWindow
from tests.unit.signals import drawn

NAMES = {"features": FEATURE_NAMES, "coverage": CHANNEL_NAMES, "quality": CHANNEL_NAMES, "evidence": EVIDENCE_NAMES}


@given(drawn.seeds)
@settings(deadline=None, max_examples=15)
def test_a_line_is_the_record_and_holds_its_numbers(seeds: list[int]) -> None:
    starts_ms, samples, offsets = drawn.batch(seeds)
    users = [f"zoë-{row}" for row in range(len(starts_ms))]
    records = feature_records(compute_windows(starts_ms, samples, offsets), users, starts_ms)
    windows, _ = parse_feature_records(records)
    lines = feature_lines(windows)
    assert len(lines) == len(windows)
    for row, line in enumerate(lines):
        FeatureWindow.model_validate_json(line)
        read = json.loads(line)
        assert list(read) == list(FeatureWindow.model_fields)
        for name, names in NAMES.items():
            assert tuple(read[name]) == names
            np.testing.assert_array_equal(float32(list(read[name].values())), getattr(windows, name)[row])
        assert tuple(read["sequence"]) == SEQUENCE_CHANNELS
        np.testing.assert_array_equal(float32(list(read["sequence"].values())).T, windows.sequence[row])
        assert b"NaN" not in line
        assert b"\n" not in line


def float32(numbers: object) -> np.ndarray:
    return np.array(numbers, dtype=float).astype(np.float32)


def test_a_number_has_no_more_digits_than_it_needs() -> None:
    starts_ms, samples, offsets = drawn.batch([1])
    windows, _ = parse_feature_records(feature_records(compute_windows(starts_ms, samples, offsets), ["a"], starts_ms))
    windows.features[0, 0] = 61.7
    assert b'"hr_mean":61.7,' in feature_lines(windows)[0]
