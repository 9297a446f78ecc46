import json

import numpy as np
import pytest
from hypothesis import given, settings

from pipelines.errors import InputError
from pipelines.feature_json import SCHEMA_HASH, feature_window_json, parse_feature_window
from pipelines.features import compute_windows
from schemas.channels import SEQUENCE_CHANNELS
from schemas.feature_table import FEATURE_NAMES
from schemas.records import FeatureWindow
from tests.unit.signals import drawn

settings_ = settings(deadline=None, max_examples=15)


@given(drawn.seeds)
@settings_
def test_the_record_is_valid_and_comes_back_bit_for_bit(seeds: list[int]) -> None:
    starts_ms, samples, offsets = drawn.batch(seeds)
    computed = compute_windows(starts_ms, samples, offsets)
    for row, start_ms in enumerate(starts_ms.tolist()):
        payload = feature_window_json(computed, row, user_id="ada", window_start_ms=start_ms)
        FeatureWindow.model_validate_json(payload)
        back = parse_feature_window(payload)
        for name in ("features", "coverage", "quality", "sequence"):
            np.testing.assert_array_equal(getattr(back, name), getattr(computed, name)[row])
        assert (back.user_id, back.window_start_ms, back.window_end_ms) == ("ada", start_ms, start_ms + 60_000)
        assert (back.samples, back.schema_hash, back.sequence.dtype) == (computed.samples[row], SCHEMA_HASH, np.float32)


def test_missing_is_null() -> None:
    computed = compute_windows(np.array([drawn.START_MS]), drawn.window(0)[:0], np.array([0, 0]))
    record = json.loads(feature_window_json(computed, 0, user_id="ä", window_start_ms=np.int64(drawn.START_MS)))
    assert set(record["features"].values()) == {None}
    assert set(record["sequence"]["hr"]) == {None}
    assert record["user_id"] == "ä"
    assert record.keys() == FeatureWindow.model_fields.keys()


def broken(**changes: object) -> bytes:
    computed = compute_windows(np.array([drawn.START_MS]), drawn.window(0)[:0], np.array([0, 0]))
    record = json.loads(feature_window_json(computed, 0, user_id="a", window_start_ms=drawn.START_MS))
    return json.dumps(record | changes).encode()


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (b"{", "not a feature window"),
        (b"[]", "not a feature window"),
        (broken(features={}), "'hr_mean' is missing"),
        (
            broken(sequence={name: [1.0] for name in SEQUENCE_CHANNELS}),
            "60 finite numbers",
        ),
        (broken(user_id=7), "'user_id' must be of type str"),
        (broken(samples=True), "'samples' must be of type int"),
        (broken(features={name: [1.0] for name in FEATURE_NAMES}), "finite numbers or null"),
        (broken(features=dict.fromkeys(FEATURE_NAMES, 1.0)).replace(b"1.0", b"1e400", 1), "not a feature window"),
        (broken(quality=dict.fromkeys(json.loads(broken())["quality"], "good")), "could not convert"),
    ],
)
def test_what_is_no_feature_window_is_one_clear_line(payload: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        parse_feature_window(payload)
    assert "\n" not in str(caught.value)
