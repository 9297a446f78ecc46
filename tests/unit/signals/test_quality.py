import numpy as np
import pytest

from pipelines.signals.quality import coverage, interval_coverage, quality
from schemas.channels import CHANNEL_INDEX, CHANNELS
from tests.unit.signals.drawn import series

Signal = list[tuple[int, float]]


def good(name: str, signal: Signal) -> float:
    return quality(series(signal), [CHANNELS[CHANNEL_INDEX[name]]]).item()


@pytest.mark.parametrize(
    ("name", "signal", "share"),
    [
        ("hr", [], 0),
        ("hr", [(0, 60)], 1),
        ("hr", [(0, 25)], 0),
        ("hr", [(0, 60), (1000, 85), (2000, 84)], 1),
        ("hr", [(0, 60), (1000, 86), (2000, 84)], 2 / 3),
        ("hr", [(0, 60), (5000, 120)], 1),
        ("hr", [(0, 60), (250, 86)], 0),
        ("temp", [(0, 33), (1000, 34.5), (2000, 34.5), (3000, 34.5)], 3 / 4),
        ("spo2", [(0, 97), (1000, 92)], 1 / 2),
        ("gsr", [(0, 2.0), (250, 4.5)], 1),
        ("gsr", [(0, 2.0), (250, 4.6)], 0),
        ("gsr", [(0, 0.0), (1000, 2.0)], 1 / 2),
        ("ibi", [(1000, 800), (1960, 960)], 1),
        ("ibi", [(1000, 800), (1961, 961)], 0),
        ("ibi", [(1000, 800), (3000, 1200)], 1),
        ("hrv", [(0, 5.0), (1000, 290.0)], 1),
    ],
)
def test_rules(name: str, signal: Signal, share: float) -> None:
    assert good(name, [(ms, float(value)) for ms, value in signal]) == pytest.approx(share)


@pytest.mark.parametrize(
    ("name", "flat"), [("gsr", True), ("acc_x", True), ("hr", False), ("temp", False), ("ibi", False)]
)
def test_a_stuck_sensor_is_no_good(name: str, flat: bool) -> None:
    level = {"gsr": 2.0, "acc_x": 0.5, "hr": 60.0, "temp": 33.0, "ibi": 800.0}[name]
    held = [(ms, level) for ms in range(0, 10_001, 500)]
    assert good(name, held) == (0 if flat else 1)
    assert good(name, held[:-1]) == 1
    assert good(name, [point for point in held if not 3_000 < point[0] < 6_000]) == 1


def test_a_window_does_not_jump_from_the_one_before() -> None:
    apart = series([(59_000, 60.0)], [(59_500, 150.0)])
    assert quality(apart, CHANNELS[:1]).tolist() == [1, 1]


def test_coverage_counts_seconds_and_intervals_their_length() -> None:
    assert coverage(series([(0, 1.0), (999, 1.0), (59_999, 1.0)], [])).tolist() == [2 / 60, 0]
    beats = series([(1000, 900.0), (30_000, 2_100.0)], [(ms, 4_000.0) for ms in range(0, 60_000, 1000)], [])
    np.testing.assert_allclose(interval_coverage(beats), [0.05, 1.0, 0.0])
