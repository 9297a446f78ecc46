import numpy as np
import pytest

from pipelines.signals.eda import eda
from tests import naive
from tests.unit.signals.drawn import agrees, series

TIME_MS = np.arange(0, 60_000, 250)


def response(onset_s: float, amplitude_us: float) -> np.ndarray:
    """A response that rises in about 1.5 s and recovers in several."""
    since = np.clip(TIME_MS / 1000 - onset_s, 0, None)
    shape = np.exp(-since / 4) - np.exp(-since / 0.75)
    return amplitude_us * shape / shape.max()


def of(level_us: np.ndarray, keep: slice | np.ndarray = slice(None)) -> dict[str, float]:
    signal = list(zip(TIME_MS[keep].tolist(), level_us[keep].tolist(), strict=True))
    found = {name: value.item() for name, value in eda(series(signal)).items()}
    agrees(found, naive.eda(signal))
    return found


def test_two_responses_are_counted_and_measured() -> None:
    found = of(2 + response(10, 0.4) + response(30, 0.2))
    assert found["eda_scr_count"] == 2
    assert found["eda_scr_amplitude_sum"] == pytest.approx(0.6, rel=0.1)
    assert found["eda_scl"] == pytest.approx(2, abs=0.06)


def test_a_response_on_a_rising_level_is_seen() -> None:
    found = of(2 + 0.005 * TIME_MS / 1000 + response(20, 0.3))
    assert found["eda_scr_count"] == 1
    assert found["eda_scl_slope"] == pytest.approx(0.005, rel=0.3)


@pytest.mark.parametrize(("amplitude_us", "count"), [(0.045, 0), (0.08, 1)])
def test_small_responses_do_not_count(amplitude_us: float, count: int) -> None:
    assert of(2 + response(20, amplitude_us))["eda_scr_count"] == count


def test_a_slow_climb_is_level_and_no_response() -> None:
    found = of(2 + 0.5 * TIME_MS / 60_000)
    assert (found["eda_scr_count"], found["eda_scr_amplitude_sum"]) == (0, 0)
    assert found["eda_scl_slope"] == pytest.approx(0.5 / 60, rel=1e-6)


@pytest.mark.parametrize(("steps", "count"), [(16, 1), (17, 0)])
def test_a_climb_of_five_seconds_is_the_slowest_response(steps: int, count: int) -> None:
    """The smoothing adds four steps of a quarter of a second to the climb."""
    assert of(2 + 0.03 * np.clip(np.arange(240) - 100, 0, steps))["eda_scr_count"] == count


def test_a_gap_breaks_a_response() -> None:
    level_us = 2 + response(20, 0.4)
    assert of(level_us, (TIME_MS < 20_500) | (TIME_MS > 23_000))["eda_scr_count"] == 0
    assert of(level_us, (TIME_MS < 20_500) | (TIME_MS > 21_000))["eda_scr_count"] == 1


def test_a_response_cut_by_an_edge_belongs_to_no_window() -> None:
    assert of(2 + response(-0.5, 0.4))["eda_scr_count"] == 0
    assert of(2 + response(59, 0.4))["eda_scr_count"] == 0


def test_responses_hardly_move_the_level() -> None:
    quiet, busy = of(np.full(240, 2.0)), of(2 + response(22, 1.0))
    assert (quiet["eda_scl"], quiet["eda_scl_slope"], quiet["eda_scr_count"]) == (2, 0, 0)
    assert busy["eda_scl"] - 2 < 0.5 * response(22, 1.0).mean() + 0.05


@pytest.mark.parametrize(
    ("samples", "level", "slope", "count"), [(0, 0, 0, 0), (1, 0, 0, 0), (20, 1, 0, 0), (44, 1, 0, 1), (60, 1, 1, 1)]
)
def test_what_is_too_short_is_nan(samples: int, level: int, slope: int, count: int) -> None:
    found = of(np.full(240, 2.0), slice(samples))
    defined = [
        not np.isnan(found[name]) for name in ("eda_scl", "eda_scl_slope", "eda_scr_count", "eda_scr_amplitude_sum")
    ]
    assert defined == [bool(level), bool(slope), bool(count), bool(count)]
