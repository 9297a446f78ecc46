import numpy as np
import pytest

from pipelines.signals.motion import dominant_hz, magnitude, motion
from tests import naive
from tests.unit.signals.drawn import agrees, series


def shaken(hz: float, rate_hz: float = 10, amplitude_g: float = 0.3, until_s: float = 60) -> naive.Signal:
    times = np.arange(0, until_s, 1 / rate_hz)
    values = 1 + amplitude_g * np.sin(2 * np.pi * hz * times)
    return list(zip(np.round(times * 1000).astype(int).tolist(), values.tolist(), strict=True))


@pytest.mark.parametrize("hz", [0.5, 1.0, 1.8, 2.7, 3.5])
@pytest.mark.parametrize("rate_hz", [8, 10])
def test_the_frequency_of_a_motion_is_found(hz: float, rate_hz: int) -> None:
    signal = shaken(hz, rate_hz)
    assert dominant_hz(series(signal)).item() == pytest.approx(hz, abs=1 / 60)
    agrees(motion(series(signal)), naive.motion(signal))


def test_four_samples_a_second_show_motion_up_to_two() -> None:
    assert dominant_hz(series(shaken(1.5, 4))).item() == pytest.approx(1.5, abs=1 / 60)


def test_short_and_still_signals_have_no_frequency() -> None:
    assert np.isnan(dominant_hz(series(shaken(1.0, until_s=19)))).all()
    assert not np.isnan(dominant_hz(series(shaken(1.0, until_s=21)))).any()
    assert np.isnan(dominant_hz(series(shaken(1.0, amplitude_g=0.0005)))).all()


def test_a_gap_is_stood_in_for_by_the_mean() -> None:
    signal = [point for point in shaken(1.2) if not 20_000 <= point[0] < 35_000]
    assert dominant_hz(series(signal)).item() == pytest.approx(1.2, abs=2 / 60)
    agrees(motion(series(signal)), naive.motion(signal))


def test_magnitude_needs_all_three_axes_at_the_instant() -> None:
    x, y = series([(0, 2.0), (1, 9.0), (2, 2.0)], [(5, 1.0)]), series([(0, 3.0), (2, 3.0)], [])
    z = series([(0, 6.0), (1, 9.0), (2, 6.0), (3, 9.0)], [(5, 1.0)])
    found = magnitude(x, y, z)
    assert (found.time_ms.tolist(), found.value.tolist(), found.offsets.tolist()) == ([0, 2], [7.0, 7.0], [0, 2, 2])


def test_energy_is_about_the_mean_so_that_gravity_is_none() -> None:
    still = motion(series([(0, 1.0), (100, 1.0)]))
    assert (still["acc_energy"].item(), still["acc_mag_std"].item()) == (0, 0)
    assert motion(series([(0, 0.5), (100, 1.5)]))["acc_energy"].item() == 0.25
    assert np.isnan([value.item() for value in motion(series([(0, 1.0)])).values()]).all()
