import warnings
from collections.abc import Iterator
from pathlib import Path

import neurokit2 as nk
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.signals.heart.hrv_frequency import hrv_frequency
from pipelines.signals.heart.hrv_time import hrv_time
from tests import naive
from tests.recorded import RECORDED_HOUR
from tests.unit.signals.drawn import agrees, beats, listed, series
from tests.unit.signals.recorded import interval_samples

TIME = {"hrv_mean_nn": "MeanNN", "hrv_sdnn": "SDNN", "hrv_rmssd": "RMSSD", "hrv_pnn50": "pNN50"}
FREQUENCY = {"hrv_lf": "LF", "hrv_hf": "HF", "hrv_lf_hf": "LFHF"}


def ours(ibi: naive.Signal) -> dict[str, float]:
    nn = series(naive.plausible("ibi", ibi))
    return {name: value.item() for name, value in (hrv_time(series(ibi), nn, nn) | hrv_frequency(nn)).items()}


def arrays(signal: naive.Signal) -> dict[str, np.ndarray]:
    """As NeuroKit2 takes intervals; times from the first, so that they are exact in binary."""
    times, values = (np.array(column, dtype=float) for column in zip(*signal, strict=True))
    return {"RRI": values, "RRI_Time": (times - times[0]) / 1000}


def neurokit_time(nn: naive.Signal) -> dict[str, float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = nk.hrv_time(arrays(nn))
    return {name: found[f"HRV_{theirs}"].item() for name, theirs in TIME.items()}


def neurokit_frequency(run: naive.Signal) -> dict[str, float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = nk.hrv_frequency(arrays(run), interpolation_rate=4, normalize=False, psd_method="welch")
    return {name: found[f"HRV_{theirs}"].item() for name, theirs in FREQUENCY.items()}


def agrees_with_neurokit(ibi: naive.Signal) -> set[str]:
    """Compares what both define, and returns the names of it."""
    nn = naive.plausible("ibi", ibi)
    found = ours(ibi)
    if np.isnan(found["hrv_rmssd"]):
        return set()
    expected = neurokit_time(nn)
    run = naive.longest_run(nn)
    if not np.isnan(found["hrv_hf"]):
        expected |= neurokit_frequency(run)
    defined = {name: value for name, value in expected.items() if not np.isnan(found[name])}
    agrees({name: found[name] for name in defined}, defined, relative=1e-9)
    return set(defined)


@pytest.mark.parametrize("seed", range(60))
def test_simulated_intervals_agree_with_neurokit(seed: int) -> None:
    random = np.random.default_rng(seed)
    agrees_with_neurokit(list(zip(*(column.tolist() for column in beats(random)), strict=True)))


def test_the_simulated_intervals_reach_every_value() -> None:
    drawn = (beats(np.random.default_rng(seed)) for seed in range(12))
    compared = [agrees_with_neurokit(list(zip(*(column.tolist() for column in one), strict=True))) for one in drawn]
    assert set().union(*compared) == TIME.keys() | FREQUENCY.keys()


def recorded_windows(folder: Path) -> Iterator[naive.Signal]:
    stamped = [(at_ms, value) for at_ms, _, value, *_ in listed(interval_samples(folder))]
    first = stamped[0][0] if stamped else 0
    for start in range(first, stamped[-1][0] if stamped else first, 60_000):
        yield [(ms - start, ibi_ms) for ms, ibi_ms in stamped if start <= ms < start + 60_000]


def test_recorded_intervals_agree_with_neurokit() -> None:
    compared = [agrees_with_neurokit(window) for window in recorded_windows(RECORDED_HOUR)]
    assert sum("hrv_rmssd" in names for names in compared) > 5


@given(st.integers(0, 2**32))
@settings(deadline=None, max_examples=40)
def test_intervals_agree_with_the_naive_computation(seed: int) -> None:
    ibi = list(zip(*(column.tolist() for column in beats(np.random.default_rng(seed))), strict=True))
    nn = naive.plausible("ibi", ibi)
    agrees(ours(ibi), naive.hrv_time(nn, ibi, nn) | naive.hrv_frequency(nn))


def steady(count: int, ibi_ms: float = 1000.0) -> naive.Signal:
    return [(round((index + 1) * ibi_ms), ibi_ms + index % 2) for index in range(count)]


def test_no_difference_is_taken_over_a_gap() -> None:
    found = ours([(1000, 800.0), (1800, 800.0), (5000, 900.0), (5910, 910.0)])
    assert found["hrv_rmssd"] == pytest.approx(np.sqrt((0 + 10**2) / 2))
    assert found["hrv_pnn50"] == 0


def test_an_implausible_interval_leaves_a_gap() -> None:
    found = ours([(1000, 800.0), (1250, 250.0), (2050, 800.0), (2860, 810.0)])
    assert found["hrv_beats"] == 3
    assert found["hrv_rmssd"] == 10


def test_pnn50_divides_by_the_intervals_of_an_unbroken_series() -> None:
    assert ours([(1000, 800.0), (1860, 860.0), (2670, 810.0)])["hrv_pnn50"] == pytest.approx(100 / 3)


def test_too_few_beats_are_nan_and_no_beats_are_nan() -> None:
    nothing, single = ours([]), ours([(1000, 800.0)])
    assert np.isnan(list(nothing.values())).all()
    assert (single["hrv_mean_nn"], single["hrv_beats"]) == (800, 1)
    assert np.isnan([single["hrv_sdnn"], single["hrv_rmssd"], single["hrv_pnn50"]]).all()
    absurd = ours([(1000, 210.0)])
    assert absurd["hrv_beats"] == 0
    assert np.isnan(absurd["hrv_mean_nn"])


@pytest.mark.parametrize(
    ("count", "ibi_ms", "lf", "hf"),
    [(30, 1000.0, False, False), (31, 1000.0, False, True), (50, 1000.0, False, True), (51, 1000.0, True, True),
     (19, 1998.0, False, False), (20, 1998.0, False, True)],
)  # fmt: skip
def test_spectral_power_needs_a_long_enough_unbroken_run(count: int, ibi_ms: float, lf: bool, hf: bool) -> None:
    found = ours(steady(count, ibi_ms))
    assert [not np.isnan(found[name]) for name in FREQUENCY] == [lf, hf, lf]


def test_a_gap_in_the_middle_leaves_no_long_run() -> None:
    whole = steady(59)
    assert not np.isnan(ours(whole)["hrv_lf"])
    assert np.isnan(ours(whole[:29] + whole[31:])["hrv_hf"])


def test_constant_intervals_have_no_power_and_no_ratio() -> None:
    found = ours([(750 * (index + 1), 750.0) for index in range(79)])
    assert (found["hrv_lf"], found["hrv_hf"]) == (0, 0)
    assert np.isnan(found["hrv_lf_hf"])


@pytest.mark.parametrize(("hz", "dominant"), [(0.1, "hrv_lf"), (0.25, "hrv_hf")])
def test_a_wave_is_found_in_its_band(hz: float, dominant: str) -> None:
    stamp, signal = 0.0, []
    while stamp < 59_000:
        ibi_ms = 800 + 40 * np.sin(2 * np.pi * hz * stamp / 1000)
        stamp += ibi_ms
        signal.append((round(stamp), float(ibi_ms)))
    found = ours(signal)
    assert max(("hrv_lf", "hrv_hf"), key=lambda name: found[name]) == dominant
    assert found[dominant] == pytest.approx(40**2 / 2, rel=0.25)
