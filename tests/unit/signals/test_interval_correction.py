import warnings
from collections.abc import Callable, Sequence

import neurokit2 as nk
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.signals.heart.interval_correction import Corrected, corrected
from pipelines.signals.heart.intervals import successive
from pipelines.signals.series.segments import Series
from tests import naive
from tests.unit.signals.drawn import series

Intervals = list[float]
CLEAN: Intervals = [800 + 10 * float(np.sin(beat)) for beat in range(74)]
LAST = len(CLEAN) - 1


def stamped(ibi_ms: Sequence[float], start_ms: float = 0) -> naive.Signal:
    """Intervals as a sensor sends them: stamped in whole milliseconds at their second beats."""
    return list(zip(np.rint(start_ms + np.cumsum(ibi_ms)).astype(int).tolist(), ibi_ms, strict=True))


def mended(ibi_ms: Sequence[float]) -> Corrected:
    return corrected(series(stamped(ibi_ms)))


def rmssd(ibi: Series) -> float:
    return float(np.sqrt(np.mean(np.diff(ibi.value)[successive(ibi)[1:]] ** 2)))


def listed(found: Series) -> naive.Signal:
    return list(zip(found.time_ms.tolist(), found.value.tolist(), strict=True))


def missed(at: int, beats: int = 1) -> Intervals:
    return [*CLEAN[:at], sum(CLEAN[at : at + beats + 1]), *CLEAN[at + beats + 1 :]]


def extra(at: int, share: float = 0.4) -> Intervals:
    return [*CLEAN[:at], share * CLEAN[at], (1 - share) * CLEAN[at], *CLEAN[at + 1 :]]


def early(at: int, by_ms: float = 250) -> Intervals:
    """An ectopic beat: it comes early, and the next interval makes up for it."""
    return [*CLEAN[:at], CLEAN[at] - by_ms, CLEAN[at + 1] + by_ms, *CLEAN[at + 2 :]]


def longer(at: int, by_ms: float) -> Intervals:
    return [*CLEAN[:at], CLEAN[at] + by_ms, *CLEAN[at + 1 :]]


def test_intervals_without_an_artefact_come_back_as_they_are() -> None:
    found = mended(CLEAN)
    assert listed(found.ibi) == stamped(CLEAN)
    assert rmssd(found.ibi) == pytest.approx(6.8, abs=0.05)
    assert (found.beats.item(), found.share.item()) == (0, 0)


@pytest.mark.parametrize("at", [0, 1, 2, 30, LAST - 2, LAST - 1])
def test_a_missed_beat_is_put_back(at: int) -> None:
    found = mended(missed(at))
    assert rmssd(series(stamped(missed(at)))) > 90
    assert rmssd(found.ibi) == pytest.approx(rmssd(series(stamped(CLEAN))), rel=0.25)
    assert found.ibi.count.item() == 74
    assert (found.beats.item(), found.share.item()) == (1, 1 / 74)
    assert found.ibi.value[at] == found.ibi.value[at + 1] == (CLEAN[at] + CLEAN[at + 1]) / 2


@pytest.mark.parametrize(("at", "beats"), [(30, 2), (30, 3), (0, 2), (LAST - 2, 2), (LAST - 4, 4)])
def test_several_beats_missed_in_a_row_are_put_back(at: int, beats: int) -> None:
    found = mended(missed(at, beats))
    assert rmssd(found.ibi) == pytest.approx(rmssd(series(stamped(CLEAN))), rel=0.25)
    assert (found.ibi.count.item(), found.beats.item()) == (74, beats)


@pytest.mark.parametrize("at", [0, 1, 2, 30, LAST - 1, LAST])
@pytest.mark.parametrize("share", [0.3, 0.5, 0.6])
def test_a_beat_too_many_is_taken_out(at: int, share: float) -> None:
    found = mended(extra(at, share))
    assert found.ibi.count.item() == 74
    assert rmssd(found.ibi) == pytest.approx(rmssd(series(stamped(CLEAN))), rel=0.25)
    assert found.beats.item() in (1, 2)


@pytest.mark.parametrize("at", [1, 20, 40, LAST - 4])
@pytest.mark.parametrize("by_ms", [120, 250, 400])
def test_an_ectopic_beat_is_moved(at: int, by_ms: float) -> None:
    spoilt = early(at, by_ms)
    found = mended(spoilt)
    assert found.ibi.count.item() == 74
    assert rmssd(found.ibi) < 0.5 * rmssd(series(stamped(spoilt)))
    assert 1 <= found.beats.item() <= 4
    np.testing.assert_array_equal(found.ibi.value[at + 5 :], CLEAN[at + 5 :])


@pytest.mark.parametrize("by_ms", [300, 150, -150, -300])
@pytest.mark.parametrize("at", [1, 20, 50, LAST - 4])
def test_a_long_and_a_short_interval_are_shared_with_the_next(at: int, by_ms: float) -> None:
    spoilt = longer(at, by_ms)
    found = mended(spoilt)
    assert rmssd(found.ibi) < 0.7 * rmssd(series(stamped(spoilt)))
    assert found.ibi.value.sum() == pytest.approx(sum(spoilt))


@pytest.mark.parametrize("by_ms", [300, -300])
@pytest.mark.parametrize(("at", "kept"), [(0, slice(1, None)), (LAST, slice(None, LAST))])
def test_an_end_that_cannot_be_put_right_is_left_out(at: int, kept: slice, by_ms: float) -> None:
    spoilt = longer(at, by_ms)
    found = mended(spoilt)
    assert listed(found.ibi) == stamped(spoilt)[kept]
    assert (found.beats.item(), found.share.item()) == (1, 1 / 74)


@pytest.mark.parametrize("ibi_ms", [500.0, 800.0, 1015.625, 1000 / 3])
def test_equal_intervals_have_no_artefact_but_show_one(ibi_ms: float) -> None:
    assert mended([ibi_ms] * 40).beats.item() == 0
    found = mended([ibi_ms] * 20 + [2 * ibi_ms] + [ibi_ms] * 20)
    assert found.beats.item() == 1
    np.testing.assert_allclose(found.ibi.value, ibi_ms, rtol=1e-12)


@pytest.mark.parametrize(
    "ticks", [(800, 801), (796.875, 812.5), (*(796.875,) * 9, 812.5), (799, 800, 801), (805, 800, 800, 795)]
)
def test_the_steps_of_a_clock_are_no_artefacts(ticks: tuple[float, ...]) -> None:
    coarse = [float(ticks[beat % len(ticks)]) for beat in range(60)]
    coarse[30] = float(ticks[0])
    assert listed(mended(coarse).ibi) == stamped(coarse)


@pytest.mark.parametrize("amplitude_ms", [20, 50, 80])
@pytest.mark.parametrize("hz", [0.08, 0.15, 0.25, 0.35])
@pytest.mark.parametrize("mean_ms", [600, 800, 1000])
def test_breathing_is_no_artefact(amplitude_ms: float, hz: float, mean_ms: float) -> None:
    breathed, at_ms = [], 0.0
    while at_ms < 59_000:
        breathed.append(mean_ms + amplitude_ms * float(np.sin(2 * np.pi * hz * at_ms / 1000)))
        at_ms += breathed[-1]
    found = mended(breathed)
    assert listed(found.ibi) == stamped(breathed)
    assert found.beats.item() == 0


@pytest.mark.parametrize("noise_ms", [0, 3, 8])
@pytest.mark.parametrize("beats", [2, 3, 4, 5, 6])
def test_breathing_in_time_with_the_heart_is_no_artefact(beats: int, noise_ms: float) -> None:
    """Its steps are all alike, so that their quartiles nearly coincide."""
    noise = noise_ms * np.random.default_rng(beats).standard_normal(60)
    breathed = (1000 + 60 * np.cos(2 * np.pi * np.arange(60) / beats) + noise).tolist()
    assert listed(mended(breathed).ibi) == stamped(breathed)


@pytest.mark.parametrize("count", [1, 2, 5, 10])
def test_a_run_too_short_to_judge_stays(count: int) -> None:
    short = [800.0] * (count - 1) + [1600.0]
    found = mended(short)
    assert listed(found.ibi) == stamped(short)
    assert (found.beats.item(), found.share.item()) == (0, 0)


def test_eleven_intervals_are_judged() -> None:
    assert mended([800.0] * 5 + [1600.0] + [800.0] * 5).ibi.value.tolist() == [800.0] * 12


def test_without_intervals_nothing_is_known() -> None:
    found = corrected(series([], stamped(CLEAN), []))
    assert found.ibi.count.tolist() == [0, 74, 0]
    np.testing.assert_array_equal(found.beats, [np.nan, 0, np.nan])
    np.testing.assert_array_equal(found.share, [np.nan, 0, np.nan])
    assert len(corrected(series()).beats) == 0


def test_runs_beside_a_gap_are_judged_each_alone() -> None:
    slow = [1.4 * ibi_ms for ibi_ms in missed(6)[:14]]
    fast = stamped(extra(8)[:16], 30_000)
    found = corrected(series(stamped(slow) + fast))
    apart = [corrected(series(part)) for part in (stamped(slow), fast)]
    assert listed(found.ibi) == listed(apart[0].ibi) + listed(apart[1].ibi)
    assert found.beats.item() == sum(part.beats.item() for part in apart) >= 2
    assert successive(found.ibi).tolist().count(False) == 2


def test_a_beat_put_back_before_the_window_is_left_out() -> None:
    whole = stamped(missed(0), -1_200)
    assert whole[0][0] == 408
    found = corrected(series(whole))
    assert found.ibi.time_ms[0] == 408
    assert found.ibi.value[0] == (CLEAN[0] + CLEAN[1]) / 2
    assert found.ibi.count.item() == 73


@pytest.mark.parametrize("slack_ms", [10, -10, 7])
@pytest.mark.parametrize("make", [missed, extra, early])
def test_what_joined_still_joins_and_ends_where_it_did(make: Callable[[int], Intervals], slack_ms: int) -> None:
    """Every stamp as far from the sum as the tolerance lets it be; a beat taken out adds two of these."""
    whole_ms = [round(ibi_ms) for ibi_ms in make(30)]
    loose = list(zip(np.cumsum(np.add(whole_ms, slack_ms)).tolist(), map(float, whole_ms), strict=True))
    before = series(loose)
    assert successive(before)[1:].all()
    found = corrected(before)
    assert found.beats.item() > 0
    assert successive(found.ibi)[1:].all()
    assert found.ibi.time_ms[-1] == loose[-1][0]
    assert (np.diff(found.ibi.time_ms) > 0).all()


def spoilt(seed: int) -> naive.Signal:
    """Breathing and noise, clocks fine and coarse, artefacts of every kind anywhere, gaps, stamps ahead and behind."""
    random = np.random.default_rng(seed)
    count, mean_ms = random.integers(1, 90), random.uniform(400, 1200)
    wave = np.sin(2 * np.pi * random.uniform(0.05, 0.4) * np.arange(count) * mean_ms / 1000)
    noise = random.standard_normal(count) * random.choice([0, 0.003, 0.02, 0.1])
    ibi_ms = (mean_ms * (1 + random.choice([0, 0.02, 0.08]) * wave + noise)).clip(200, 4000).tolist()
    for _ in range(random.integers(0, 6)):
        at, share = int(random.integers(len(ibi_ms))), random.uniform(0.3, 0.7)
        match random.integers(4):
            case 0:
                ibi_ms[at : at + 3] = [sum(ibi_ms[at : at + 3])]
            case 1:
                ibi_ms[at : at + 1] = [share * ibi_ms[at], (1 - share) * ibi_ms[at]]
            case 2:
                ibi_ms[at] *= 2 * share
            case 3:
                ibi_ms[at : at + 2] = [share * sum(ibi_ms[at : at + 2]), (1 - share) * sum(ibi_ms[at : at + 2])]
    values = np.round(ibi_ms, random.choice([0, 2, 9])).clip(200, 4000)
    loose_ms = random.integers(-4, 5, len(values)) * random.choice([0, 1])
    stamps = np.floor(np.cumsum(values) + random.integers(0, 3_000)).astype(int) + loose_ms
    keep = (stamps < 60_000) & (random.random(len(values)) >= random.choice([0.0, 0.0, 0.03]))
    return list(zip(stamps[keep].tolist(), values[keep].tolist(), strict=True))


seeds = st.integers(0, 2**32)


@given(st.lists(seeds, min_size=1, max_size=4))
@settings(deadline=None, max_examples=60)
def test_the_correction_is_the_naive_one_of_each_window(drawn: list[int]) -> None:
    windows = [spoilt(seed) for seed in drawn]
    found = corrected(series(*windows))
    for row, window in enumerate(windows):
        part = slice(found.ibi.offsets[row], found.ibi.offsets[row + 1])
        expected, beats, share = naive.corrected(window)
        assert found.ibi.time_ms[part].tolist() == [ms for ms, _ in expected]
        np.testing.assert_allclose(found.ibi.value[part], [ibi_ms for _, ibi_ms in expected], rtol=1e-9)
        np.testing.assert_array_equal([found.beats[row], found.share[row]], [beats, share])


@given(seeds)
@settings(deadline=None, max_examples=60)
def test_what_comes_out_is_a_series_and_figures_are_in_their_bounds(seed: int) -> None:
    before = series(spoilt(seed))
    found = corrected(before)
    assert (np.diff(found.ibi.time_ms) > 0).all()
    assert (found.ibi.time_ms >= 0).all()
    assert (found.ibi.value > 0).all()
    if before.count.item():
        assert 0 <= found.share.item() <= 1
        assert (found.beats.item() == 0) == (listed(found.ibi) == listed(before))
    gaps = [len(before.value) - successive(before).sum(), len(found.ibi.value) - successive(found.ibi).sum()]
    assert gaps[1] <= gaps[0]


NANOSECONDS = 1_000_000
"""Beats are given to NeuroKit2 in these, as it cuts the places of moved beats to whole numbers."""


def neurokit(ibi_ms: Sequence[float]) -> np.ndarray:
    beats = np.concatenate(([0], np.cumsum(np.rint(np.array(ibi_ms) * NANOSECONDS).astype(np.int64))))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, found = nk.signal_fixpeaks(beats, sampling_rate=1000 * NANOSECONDS, iterative=True, method="Kubios")
    return np.diff(found) / NANOSECONDS


def artefact_of_each_kind(seed: int) -> Intervals:
    """None near an end, where NeuroKit2 does not judge, and no two near each other."""
    random = np.random.default_rng(seed)
    mean_ms = random.uniform(500, 1100)
    wave = np.sin(2 * np.pi * random.uniform(0.1, 0.3) * np.arange(70) * mean_ms / 1000 + random.uniform(0, 6))
    found = (mean_ms + 40 * wave + 12 * random.standard_normal(70)).tolist()
    share = random.uniform(0.35, 0.65)
    found[56] *= random.uniform(1.3, 1.6)
    found[42:44] = [found[42] * random.uniform(0.6, 0.8), found[43] * random.uniform(1.2, 1.4)]
    found[28:29] = [share * found[28], (1 - share) * found[28]]
    found[14:16] = [found[14] + found[15]]
    return found


@pytest.mark.parametrize("seed", range(40))
def test_artefacts_of_each_kind_are_mended_as_neurokit_mends_them(seed: int) -> None:
    beats = artefact_of_each_kind(seed)
    expected = neurokit(beats)
    assert len(expected) > 70 or max(abs(expected - beats[: len(expected)])) > 100
    np.testing.assert_allclose(mended(beats).ibi.value, expected, atol=1e-4)


@pytest.mark.parametrize("make", [missed, extra, early])
@pytest.mark.parametrize("at", [3, 17, 36, 55, LAST - 4])
def test_one_artefact_is_mended_as_neurokit_mends_it(make: Callable[[int], Intervals], at: int) -> None:
    assert not np.array_equal(neurokit(make(at)), make(at))
    np.testing.assert_allclose(mended(make(at)).ibi.value, neurokit(make(at)), atol=1e-4)
