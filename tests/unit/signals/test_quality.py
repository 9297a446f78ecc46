import numpy as np
import pytest

from pipelines.signals.quality import coverage, interval_coverage, interval_quality, quality
from schemas.channels import CHANNEL_INDEX, CHANNELS
from tests.unit.signals.drawn import series

Signal = list[tuple[int, float]]


def good(name: str, signal: Signal) -> float:
    return quality(series(signal), [CHANNELS[CHANNEL_INDEX[name]]]).item()


@pytest.mark.parametrize(
    ("name", "signal", "seconds"),
    [
        ("hr", [], 0),
        ("hr", [(0, 60)], 5),
        ("hr", [(57_000, 60)], 3),
        ("hr", [(0, 25)], 0),
        ("hr", [(0, 60), (1000, 85), (2000, 84)], 7),
        ("hr", [(0, 60), (1000, 86), (2000, 84)], 6),
        ("hr", [(0, 60), (5000, 120)], 10),
        ("hr", [(0, 60), (5000, 250)], 5),
        ("hr", [(0, 60), (250, 86)], 0),
        ("hr", [(0, 60), (30_000, 61)], 10),
        ("temp", [(0, 33), (1000, 34.5), (2000, 34.5), (3000, 34.5)], 7),
        ("spo2", [(0, 97), (1000, 92)], 1),
        ("gsr", [(0, 2.0), (250, 4.5)], 5),
        ("gsr", [(0, 2.0), (250, 4.6)], 0),
        ("gsr", [(0, 0.0), (6000, 2.0)], 5),
        ("gsr", [(0, 0.0), (5000, 2.0)], 0),
        ("hrv", [(0, 5.0), (1000, 290.0)], 6),
        ("acc_x", [(ms, ms % 3000 / 9000) for ms in range(0, 60_000, 1000)], 60),
    ],
)
def test_a_good_second_speaks_for_itself_and_four_empty_ones(name: str, signal: Signal, seconds: int) -> None:
    assert good(name, [(ms, float(value)) for ms, value in signal]) == pytest.approx(seconds / 60)


@pytest.mark.parametrize("name", ["hr", "hrv", "gsr", "temp", "spo2", "acc_y"])
@pytest.mark.parametrize("times", [[0], [30_000], [59_999], list(range(0, 5_000, 250)), [10_000, 40_000]])
def test_neither_one_sample_nor_five_seconds_are_a_minute(name: str, times: list[int]) -> None:
    level = {"hr": 60, "hrv": 30, "gsr": 2, "temp": 33, "spo2": 97, "acc_y": 0.5}[name]
    assert good(name, [(ms, level + ms % 1000 / 1e6) for ms in times]) < 0.2


@pytest.mark.parametrize("period_s", [1, 2, 5])
def test_a_slow_sensor_is_as_good_as_a_fast_one(period_s: int) -> None:
    assert good("temp", [(ms, 33 + ms / 1e6) for ms in range(0, 60_000, 1000 * period_s)]) == 1


@pytest.mark.parametrize(("name", "flat_s"), [("gsr", 10), ("acc_x", 10), ("hr", 25), ("hrv", 55), ("ibi", 25)])
def test_a_sensor_that_holds_its_last_number_is_no_good(name: str, flat_s: int) -> None:
    level = {"gsr": 2.0, "acc_x": 0.5, "hr": 60.0, "hrv": 33.0, "ibi": 800.0}[name]
    held = [(ms, level) for ms in range(0, 1000 * flat_s + 1, 500)]
    assert good(name, held) == 0
    assert good(name, held[:-1]) == min(60, flat_s + 4) / 60
    assert good(name, [point for point in held if not 3_000 < point[0] < 6_000]) > 0.1


def test_temperature_and_oxygen_may_stand_still() -> None:
    for name, level in (("temp", 33.0), ("spo2", 98.0)):
        assert good(name, [(ms, level) for ms in range(0, 60_000, 1000)]) == 1


def test_a_share_of_intervals_that_join_good_ones_and_were_not_corrected() -> None:
    joined = [(1000 * n, 1000.0 + n % 3) for n in range(1, 31)]
    lonely = [(45_000, 900.0)]
    absurd = [(50_000, 900.0), (52_500, 2_500.0)]
    beats = series(joined + lonely, joined, absurd, [])
    found = interval_quality(beats, np.array([0.0, 0.2, 0.0, np.nan]))
    np.testing.assert_allclose(found, [0.5005, 0.4004, 0.0, 0.0])


def test_a_window_does_not_jump_from_the_one_before() -> None:
    apart = series([(59_000, 60.0)], [(59_500, 150.0)])
    assert quality(apart, CHANNELS[:1]).tolist() == [1 / 60, 1 / 60]


def test_coverage_counts_seconds_and_intervals_their_length() -> None:
    assert coverage(series([(0, 1.0), (999, 1.0), (59_999, 1.0)], [])).tolist() == [2 / 60, 0]
    beats = series([(1000, 900.0), (30_000, 2_100.0)], [(ms, 4_000.0) for ms in range(0, 60_000, 1000)], [])
    np.testing.assert_allclose(interval_coverage(beats), [0.05, 1.0, 0.0])
