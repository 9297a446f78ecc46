import json

import numpy as np
import pytest
from hypothesis import given, settings

from pipelines.core.errors import InputError
from pipelines.features.compute import compute_windows
from pipelines.features.records import (
    AT_ONCE,
    SCHEMA_HASH,
    ParsedWindows,
    feature_windows_json,
    parse_feature_window,
    parse_feature_windows,
)
from schemas.channels import CHANNEL_NAMES, SEQUENCE_CHANNELS
from schemas.feature_table import FEATURE_NAMES
from schemas.records import FeatureWindow
from schemas.windows import LATEST_MS
from tests.unit.signals import drawn

settings_ = settings(deadline=None, max_examples=15)


@given(drawn.seeds)
@settings_
def test_the_record_is_valid_and_comes_back_bit_for_bit(seeds: list[int]) -> None:
    starts_ms, samples, offsets = drawn.batch(seeds)
    computed = compute_windows(starts_ms, samples, offsets)
    users = [f"ada-{row}" for row in range(len(starts_ms))]
    payloads = feature_windows_json(computed, users, starts_ms)
    for payload in payloads:
        FeatureWindow.model_validate_json(payload)
    back, faults = parse_feature_windows(payloads)
    for name in ("features", "coverage", "quality", "sequence", "samples"):
        np.testing.assert_array_equal(getattr(back, name), getattr(computed, name))
    assert (back.user_id, back.window_start_ms.tolist(), faults) == (users, starts_ms.tolist(), {})
    assert back.window_end_ms.tolist() == (starts_ms + 60_000).tolist()
    assert (set(back.schema_hash), back.sequence.dtype) == ({SCHEMA_HASH}, np.float32)


def same(one: ParsedWindows, other: ParsedWindows) -> bool:
    pairs = [(value, getattr(other, name)) for name, value in vars(one).items()]
    return all(np.array_equal(a, b, equal_nan=isinstance(a, np.ndarray)) for a, b in pairs)


def backwards(payload: bytes) -> bytes:
    """The same record, its fields in another order."""
    record = json.loads(payload)
    turned = {name: dict(reversed(each.items())) if isinstance(each, dict) else each for name, each in record.items()}
    return json.dumps(dict(reversed(turned.items()))).encode()


def test_a_bad_record_spoils_none_of_the_others_and_fields_may_come_in_any_order() -> None:
    starts_ms, samples, offsets = drawn.batch([1, 2, 3])
    payloads = feature_windows_json(compute_windows(starts_ms, samples, offsets), ["a", "b", "c"], starts_ms)
    whole, _ = parse_feature_windows(payloads)
    mixed = [b"{", payloads[0], backwards(payloads[1]), broken(features={}), payloads[2]]
    found, faults = parse_feature_windows(mixed)
    assert same(found, whole)
    assert faults.keys() == {0, 3}
    assert "'hr_mean' is missing" in faults[3]
    assert len(parse_feature_windows([])[0]) == 0
    assert same(whole.rows(np.array([2])), parse_feature_window(payloads[2]))
    many, faults = parse_feature_windows([*payloads * AT_ONCE, b"{", payloads[0]])
    assert same(many, whole.rows(np.array([*list(range(3)) * AT_ONCE, 0])))
    assert faults.keys() == {3 * AT_ONCE}


def test_missing_is_null() -> None:
    computed = compute_windows(np.array([drawn.START_MS]), drawn.window(0)[:0], np.array([0, 0]))
    record = json.loads(feature_windows_json(computed, ["ä"], np.array([drawn.START_MS]))[0])
    assert set(record["features"].values()) == {None}
    assert set(record["sequence"]["hr"]) == {None}
    assert record["user_id"] == "ä"
    assert record.keys() == FeatureWindow.model_fields.keys()


def broken(**changes: object) -> bytes:
    computed = compute_windows(np.array([drawn.START_MS]), drawn.window(0)[:0], np.array([0, 0]))
    record = json.loads(feature_windows_json(computed, ["a"], np.array([drawn.START_MS]))[0])
    return json.dumps(record | {"samples": 1} | changes).encode()


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
        (broken(quality=dict.fromkeys(json.loads(broken())["quality"], "good")), "finite numbers or null"),
        (broken(window_start_ms=10**19), "'window_start_ms' must be from 946684800000"),
        (broken(window_start_ms=-5), "'window_start_ms' must be from 946684800000"),
        (broken(window_end_ms=LATEST_MS + 1), "'window_end_ms' must be from 946684800000"),
        (broken(window_end_ms=1.0), "'window_end_ms' must be of type int"),
        (broken(samples=0), "'samples' must be from 1"),
        (broken(samples=1 << 63), "'samples' must be from 1"),
        (broken(user_id=""), "'user_id' must have 1 to 128 characters"),
        (broken(user_id="u" * 129), "'user_id' must have 1 to 128 characters"),
        (broken(features=list(FEATURE_NAMES)), "'features' must be an object"),
        (broken(coverage=None), "'coverage' must be an object"),
        (broken(sequence=[[0.5] * 60] * len(SEQUENCE_CHANNELS)), "'sequence' must be an object"),
        (broken(features=dict.fromkeys(FEATURE_NAMES, "72.5")), "'features' must hold finite numbers or null"),
        (broken(features=dict.fromkeys(FEATURE_NAMES, True)), "'features' must hold finite numbers or null"),
        (broken(features=dict.fromkeys(FEATURE_NAMES, "a" * 50_000)), "'features' must hold finite numbers or null"),
        (broken(coverage=dict.fromkeys(CHANNEL_NAMES, 1.5)), "'coverage' must hold numbers from 0 to 1"),
        (broken(quality=dict.fromkeys(CHANNEL_NAMES, -0.1)), "'quality' must hold numbers from 0 to 1"),
        (broken(quality=dict.fromkeys(CHANNEL_NAMES)), "'quality' must hold numbers from 0 to 1"),
        (broken(sequence=dict.fromkeys(SEQUENCE_CHANNELS, [1e39] * 60)), "60 finite numbers"),
        (broken(sequence=dict.fromkeys(SEQUENCE_CHANNELS, ["1"] * 60)), "60 finite numbers"),
        (broken(sequence=dict.fromkeys(SEQUENCE_CHANNELS, "1" * 60)), "60 finite numbers"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_what_is_no_feature_window_is_one_clear_line(payload: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        parse_feature_window(payload)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_more_members_than_the_record_has_do_no_harm() -> None:
    assert same(parse_feature_window(broken(mood="good")), parse_feature_window(broken()))
