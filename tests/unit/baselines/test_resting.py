"""Windows at rest, and moments that do not depend on how a history is cut."""

from functools import reduce
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipelines.baselines.resting import LEAST_AT_REST, STILL_G, LeftOut, Moments, Rest, moments
from schemas.channels import CHANNEL_INDEX, CHANNELS
from schemas.feature_table import FEATURE_INDEX, FEATURES

HR_MEAN, ACC_MAG_STD = FEATURE_INDEX["hr_mean"], FEATURE_INDEX["acc_mag_std"]
NAN = float("nan")

Window = tuple[float, float, float]
"""Mean heart rate, quality of the heart rate, spread of acceleration (NaN: no accelerometer)."""

Arrays = tuple[NDArray[np.float64], NDArray[np.float64]]


def arrays(windows: list[Window]) -> Arrays:
    features = np.full((len(windows), len(FEATURES)), np.nan)
    quality = np.zeros((len(windows), len(CHANNELS)))
    for row, (heart_rate, good, spread_g) in enumerate(windows):
        features[row, HR_MEAN], features[row, ACC_MAG_STD] = heart_rate, spread_g
        quality[row, CHANNEL_INDEX["hr"]] = good
        quality[row, CHANNEL_INDEX["acc_x"]] = 0.0 if np.isnan(spread_g) else 1.0
    return features, quality


def rest(windows: list[Window]) -> Rest:
    return Rest.of(*arrays(windows))


def cut(length: int, at: list[int]) -> list[slice]:
    edges = [0, *sorted(min(each, length) for each in at), length]
    return [slice(first, last) for first, last in pairwise(edges)]


values = st.lists(
    st.tuples(*[st.one_of(st.just(NAN), st.floats(-1e3, 1e3, allow_subnormal=False)) for _ in range(2)]), max_size=30
)
cuts = st.lists(st.integers(0, 30), max_size=5)


@given(rows=values, at=cuts, centre=st.sampled_from([0.0, 1e9]))
def test_moments_of_parts_are_those_of_the_whole(rows: list[tuple[float, float]], at: list[int], centre: float) -> None:
    features = np.array(rows).reshape(-1, 2) + centre
    found = reduce(Moments.joined, [moments(features[part]) for part in cut(len(features), at)])
    for column in range(2):
        known = features[:, column][~np.isnan(features[:, column])]
        rounding = 1e-9 + centre * 1e-15
        assert found.count[column] == len(known)
        mean = known.mean() if len(known) else NAN
        std = np.std(known - centre, ddof=1) if len(known) > 1 else NAN
        assert found.mean[column] == pytest.approx(mean, rel=1e-12, abs=rounding, nan_ok=True)
        assert found.std[column] == pytest.approx(std, rel=1e-9, abs=rounding * 10, nan_ok=True)


def test_a_small_spread_about_a_great_mean_is_kept() -> None:
    parts = [np.array([[1e9 + part], [1e9 + part + 0.5]]) for part in range(100)]
    found = reduce(Moments.joined, map(moments, parts))
    whole = np.concatenate(parts)[:, 0] - 1e9
    assert found.std.item() == pytest.approx(np.std(whole, ddof=1), rel=1e-9)


def test_what_is_known_once_has_no_spread() -> None:
    found = moments(np.array([[NAN, 5.0], [NAN, NAN]]))
    assert np.isnan(found.mean[0])
    assert found.mean[1] == 5.0
    assert np.isnan(found.std).all()


@pytest.mark.parametrize(
    ("windows", "at_rest"),
    [
        ([(60, 1.0, STILL_G / 2), (90, 1.0, STILL_G)], 1),
        ([(60, 0.4, STILL_G / 2), (90, 0.5, STILL_G / 2)], 1),
        ([(60, 1.0, NAN), (90, 0.0, NAN)], 1),
        ([(60, 1.0, NAN), (90, 1.0, STILL_G / 2)], 1),
        ([(60, 1.0, NAN), (90, 1.0, STILL_G)], 0),
    ],
    ids=["moving", "unworn", "no accelerometer", "accelerometer off for a while", "off, and moving"],
)
def test_windows_at_rest(windows: list[Window], at_rest: int) -> None:
    assert rest(windows).at_rest == at_rest


def test_of_bad_signal_nothing_is_seen() -> None:
    features, quality = arrays([(60, 1.0, NAN)])
    assert Rest.of(features, quality * 0.4).seen == 0


@pytest.mark.parametrize("channel", ["temp", "acc_x", "spo2", "hrv", "gyro_z"])
def test_what_a_device_on_a_table_gives_is_no_evidence_of_a_body(channel: str) -> None:
    features, quality = arrays([(60, 0.0, STILL_G / 2)] * LEAST_AT_REST)
    quality[:, CHANNEL_INDEX[channel]] = 1.0
    assert Rest.of(features, quality).left_out is LeftOut.LITTLE_SIGNAL


def test_acceleration_of_a_part_of_the_window_tells_nothing() -> None:
    features, quality = arrays([(60, 1.0, STILL_G / 2)])
    quality[0, CHANNEL_INDEX["acc_x"]] = 0.4
    assert Rest.of(features, quality).at_rest == 0


windows = st.lists(
    st.tuples(st.floats(40, 180), st.sampled_from([0.0, 1.0]), st.sampled_from([NAN, STILL_G / 2, STILL_G * 2])),
    max_size=20,
)


@given(windows=windows, at=cuts)
def test_rest_of_parts_is_that_of_the_whole(windows: list[Window], at: list[int]) -> None:
    whole = rest(windows)
    found = reduce(Rest.joined, [rest(windows[part]) for part in cut(len(windows), at)])
    for name in ("windows", "seen", "at_rest", "senses_motion"):
        assert getattr(found, name) == getattr(whole, name)
    np.testing.assert_array_equal(found.moments.count, whole.moments.count)
    np.testing.assert_allclose(found.moments.mean, whole.moments.mean, rtol=1e-12)
    np.testing.assert_allclose(found.moments.std, whole.moments.std, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("windows", "reason"),
    [
        ([(60, 1.0, 0.0)] * LEAST_AT_REST, None),
        ([(60, 1.0, 0.0)] * (LEAST_AT_REST - 1), LeftOut.FEW_WINDOWS),
        ([(60, 1.0, 0.0)] * (LEAST_AT_REST - 1) + [(60, 0.0, 0.0)], LeftOut.LITTLE_SIGNAL),
        ([(60, 1.0, 0.0)] * (LEAST_AT_REST - 1) + [(60, 1.0, 1.0)], LeftOut.IN_MOTION),
    ],
)
def test_why_a_user_is_left_out(windows: list[Window], reason: LeftOut | None) -> None:
    assert rest(windows).left_out is reason
