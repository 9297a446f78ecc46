from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.features import compute as features
from pipelines.features.compute import Intervals, compute_blobs, compute_windows, feature_columns
from pipelines.features.windowing import windows
from pipelines.signals.canonical import MAX_WINDOWS, canonical_series
from pipelines.signals.motion import magnitude
from pipelines.signals.quality import usable
from pipelines.signals.series.samples import SAMPLE, pack
from schemas.channels import CHANNEL_INDEX, CHANNEL_NAMES, CHANNELS, SEQUENCE_CHANNELS
from schemas.feature_table import EVIDENCE_NAMES, FEATURE_INDEX, FEATURE_NAMES, FEATURES
from schemas.windows import PHASES, user_phase_ms
from tests import naive
from tests.recorded import RECORDED_HOUR, RECORDED_USER
from tests.unit.signals import drawn
from tests.unit.signals.recorded import recorded_samples

few_examples = settings(deadline=None, max_examples=12)


@given(drawn.seeds)
@few_examples
def test_everything_equals_the_naive_computation(seeds: list[int]) -> None:
    starts_ms, samples, offsets = drawn.batch(seeds)
    found = compute_windows(starts_ms, samples, offsets)
    for index, start_ms in enumerate(starts_ms.tolist()):
        listed = drawn.listed(samples[offsets[index] : offsets[index + 1]])
        drawn.agrees(dict(zip(FEATURE_NAMES, found.features[index], strict=True)), naive.features(start_ms, listed))
        drawn.agrees(dict(zip(CHANNEL_NAMES, found.coverage[index], strict=True)), naive.coverage(start_ms, listed))
        drawn.agrees(dict(zip(CHANNEL_NAMES, found.quality[index], strict=True)), naive.quality(start_ms, listed))
        np.testing.assert_allclose(found.sequence[index], naive.sequence(start_ms, listed), rtol=2e-7, atol=1e-9)
        drawn.agrees(dict(zip(EVIDENCE_NAMES, found.evidence[index], strict=True)), naive.evidence(start_ms, listed))
        assert found.samples[index] == naive.samples(start_ms, listed)


@given(drawn.seeds, st.integers(0, 2**32))
@example([0, 0, 2, 15098], 0)
@few_examples
def test_neither_order_nor_repetition_changes_a_bit(seeds: list[int], seed: int) -> None:
    """But for beats of one stamp, whose order is their own, and those stamped on arrival: they may equal each other."""
    starts_ms, samples, offsets = drawn.batch(seeds, stamped_at_beats=True)
    random, shuffled = np.random.default_rng(seed), []
    for low, high in pairwise(offsets.tolist()):
        again = random.integers(low, high, (high - low) // 3)
        shuffled.append(samples[random.permutation(np.concatenate((np.arange(low, high), again)))].tobytes())
    assert drawn.identical(compute_windows(starts_ms, samples, offsets), compute_blobs(starts_ms, shuffled))


@given(drawn.seeds)
@few_examples
def test_a_window_does_not_depend_on_its_batch(seeds: list[int]) -> None:
    starts_ms, samples, offsets = drawn.batch(seeds)
    blobs = [samples[low:high].tobytes() for low, high in pairwise(offsets.tolist())]
    together = compute_blobs(starts_ms, blobs)
    for index in range(len(seeds)):
        alone = compute_blobs(starts_ms[index : index + 1], blobs[index : index + 1])
        assert drawn.identical(alone, together.rows(slice(index, index + 1)))


def test_nor_on_where_a_large_batch_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    starts_ms, samples, offsets = drawn.batch(range(150))
    whole = compute_windows(starts_ms, samples, offsets)
    monkeypatch.setattr(features, "SAMPLES_AT_ONCE", 1)
    assert drawn.identical(whole, compute_windows(starts_ms, samples, offsets))
    monkeypatch.setattr(features, "SAMPLES_AT_ONCE", 40_000)
    assert drawn.identical(whole, compute_windows(starts_ms, samples, offsets))


def test_order_of_the_columns_is_that_of_the_table() -> None:
    starts_ms, samples, offsets = drawn.batch([3])
    used = usable(canonical_series(starts_ms, samples, offsets).series, CHANNELS)
    series = used.parts(12)
    columns = feature_columns(used, Intervals(series[1], series[1]), magnitude(*series[5:8]))
    assert columns.keys() == set(FEATURE_NAMES)
    found = compute_windows(starts_ms, samples, offsets).features
    for place, feature in enumerate(FEATURES):
        if not feature.name.startswith("hrv_"):
            np.testing.assert_array_equal(found[:, place], columns[feature.name])


@pytest.mark.parametrize("channel", CHANNEL_NAMES)
def test_a_missing_channel_is_nan_in_all_that_reads_it_and_nothing_else(channel: str) -> None:
    times = np.arange(0, 60_000, 250)
    level = {"hr": 60, "hrv": 40, "temp": 30, "spo2": 90}
    full = {
        name: pack(drawn.START_MS + times, np.full(240, index), level.get(name, 1) + times % 7 / 5)
        for index, name in enumerate(CHANNEL_NAMES)
    }
    full["ibi"] = pack(drawn.START_MS + times[4::4], np.full(59, CHANNEL_INDEX["ibi"]), 1000 + times[4::4] % 3)
    rest = np.concatenate([part for name, part in full.items() if name != channel])
    whole = compute_blobs(np.array([drawn.START_MS]), [np.concatenate(list(full.values())).tobytes()])
    assert np.isfinite(whole.features).all()
    found = compute_blobs(np.array([drawn.START_MS]), [rest.tobytes()])
    missing = {FEATURE_NAMES[place] for place in np.flatnonzero(np.isnan(found.features[0]))}
    assert missing == {feature.name for feature in FEATURES if channel in feature.inputs}
    assert found.coverage[0, CHANNEL_INDEX[channel]] == 0
    assert found.quality[0, CHANNEL_INDEX[channel]] == 0
    column = "acc_mag" if channel.startswith("acc") else channel
    for place, name in enumerate(SEQUENCE_CHANNELS):
        assert np.isnan(found.sequence[0, :, place]).all() == (name == column)


def test_a_window_without_samples_is_all_nan_and_never_zero() -> None:
    found = compute_blobs(np.array([drawn.START_MS]), [b""])
    assert np.isnan(found.features).all()
    assert np.isnan(found.sequence).all()
    assert not found.coverage.any()
    assert not found.quality.any()


def test_a_value_that_is_not_finite_is_no_sample() -> None:
    samples = pack(np.full(4, drawn.START_MS) + np.arange(4), np.zeros(4, int), np.array([60, np.nan, np.inf, -np.inf]))
    found = compute_windows(np.array([drawn.START_MS]), samples, np.array([0, 4]))
    assert found.features[0, FEATURE_INDEX["hr_mean"]] == 60
    assert np.isnan(found.features[0, FEATURE_INDEX["hr_std"]])


def test_recorded_windows_equal_the_naive_computation() -> None:
    windows_equal_the_naive_computation(RECORDED_HOUR)


def windows_equal_the_naive_computation(folder: Path) -> None:
    """Every 97th window of a recording."""
    found = windows(recorded_samples(folder), user_phase_ms(RECORDED_USER, PHASES))
    computed = compute_windows(found.window_start_ms, found.samples, found.offsets)
    for index in range(0, len(found.window_start_ms), 97):
        listed = drawn.listed(found.samples[found.offsets[index] : found.offsets[index + 1]])
        expected = naive.features(int(found.window_start_ms[index]), listed)
        drawn.agrees(dict(zip(FEATURE_NAMES, computed.features[index], strict=True)), expected)


def test_shapes_of_no_window_and_of_very_many() -> None:
    none = compute_windows(np.empty(0, np.int64), np.empty(0, SAMPLE), np.array([0]))
    assert none.features.shape == (0, len(FEATURES))
    assert none.sequence.shape == (0, 60, len(SEQUENCE_CHANNELS))
    many = MAX_WINDOWS + 900
    one = pack(np.array([drawn.START_MS]), np.array([0]), np.array([60.0]))
    found = compute_windows(np.full(many, drawn.START_MS), one, np.array([0] * many + [1]))
    assert found.sequence.dtype == np.float32
    assert np.flatnonzero(found.coverage[:, 0]).tolist() == [many - 1]


@pytest.mark.parametrize(
    ("start_ms", "channel", "offsets", "message"),
    [
        (60_000, 0, [0, 1], "outside its window"),
        (-60_000, 0, [0, 1], "outside its window"),
        (0, 13, [0, 1], "channel 13"),
        (0, 0, [0, 2], "one per window"),
        (0, 0, [0, 1, 1], "one per window"),
        (0, 0, [1, 1], "one per window"),
    ],
)
def test_what_does_not_fit_is_refused(start_ms: int, channel: int, offsets: list[int], message: str) -> None:
    sample = pack(np.array([drawn.START_MS]), np.array([channel]), np.array([60.0]))
    with pytest.raises(ValueError, match=message):
        compute_windows(np.array([drawn.START_MS + start_ms]), sample, np.array(offsets))


def test_half_a_sample_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple of 16 bytes"):
        compute_blobs(np.array([0]), [b"123"])
