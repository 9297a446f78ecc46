import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.signals.eda import eda
from pipelines.signals.series.segments import Series
from pipelines.signals.skin_contact import contact_lost, in_contact
from tests import naive
from tests.unit.signals.drawn import series

Level = np.ndarray


def sampled(hz: float, level_us: Level) -> Series:
    times = np.round(np.arange(len(level_us)) * 1000 / hz).astype(int)
    return series(list(zip(times.tolist(), level_us.tolist(), strict=True)))


def steady(hz: float, level_us: float = 3.0) -> Level:
    return np.full(int(60 * hz), level_us)


def held(hz: float, from_s: float, until_s: float, at_us: float) -> Level:
    """A level of 3 µS that is another for a while."""
    level_us = steady(hz)
    level_us[round(from_s * hz) : round(until_s * hz)] = at_us
    return level_us


def lost_s(gsr: Series) -> tuple[float, float] | None:
    """The first and the last second of what is lost; nothing between them may count."""
    lost_ms = gsr.time_ms[contact_lost(gsr)]
    if not len(lost_ms):
        return None
    assert contact_lost(gsr)[(gsr.time_ms >= lost_ms[0]) & (gsr.time_ms <= lost_ms[-1])].all()
    return lost_ms[0] / 1000, lost_ms[-1] / 1000


def test_a_drop_of_three_seconds_leaves_the_level_and_no_response() -> None:
    dropped = sampled(4, held(4, 20, 23, 0.2))
    assert eda(dropped)["eda_scr_count"].item() == 1
    found = eda(in_contact(dropped))
    assert (found["eda_scl"].item(), found["eda_scl_slope"].item()) == (3, 0)
    assert (found["eda_scr_count"].item(), found["eda_scr_amplitude_sum"].item()) == (0, 0)
    assert lost_s(dropped) == (14.75, 28)


@pytest.mark.parametrize(
    ("hz", "from_s", "until_s", "at_us", "lost"),
    [
        (4, 20, 40, 0.0, (14.75, 45)),
        (4, 20, 40, 0.049, (14.75, 45)),
        (4, 20, 20.25, 0.2, (14.75, 25.25)),
        (4, 20, 20.25, 0.0, (14.75, 25.25)),
        (4, 20, 20.25, 9.0, (14.75, 25.25)),
        (4, 20, 25, 60.1, (14.75, 30)),
        (4, 20, 25, 90, (14.75, 30)),
        (4, 0, 2, 0.2, (0, 7)),
        (4, 58, 60, 0.2, (52.75, 59.75)),
        (4, 0, 60, 0.01, (0, 59.75)),
        (4, 0, 60, 61, (0, 59.75)),
        (1, 20, 23, 0.0, (15, 27)),
        (1, 20, 23, 14, (14, 28)),
        (32, 20, 23, 0.2, (14.75, 28.219)),
        (0.2, 20, 25, 0.0, (15, 25)),
    ],
)  # fmt: skip
def test_lost_contact_and_five_seconds_around_it_do_not_count(
    hz: float, from_s: float, until_s: float, at_us: float, lost: tuple[float, float]
) -> None:
    found = lost_s(sampled(hz, held(hz, from_s, until_s, at_us)))
    assert found == lost


def test_two_losses_leave_what_lies_between_them() -> None:
    level_us = np.minimum(held(4, 10, 11, 0.0), held(4, 40, 41, 0.0))
    kept_s = in_contact(sampled(4, level_us)).time_ms / 1000
    assert kept_s[(kept_s > 10) & (kept_s < 40)].tolist() == np.arange(16.25, 34.75, 0.25).tolist()


@pytest.mark.parametrize("hz", [1, 4, 8, 32])
@pytest.mark.parametrize(("amplitude_us", "rise_s"), [(1.5, 1.0), (4.0, 1.0), (1.0, 0.5), (8.0, 2.0)])
def test_a_fast_response_survives_whole(hz: float, amplitude_us: float, rise_s: float) -> None:
    at_s = np.arange(0, 60, 1 / hz)
    rise = amplitude_us * np.clip((at_s - 20) / rise_s, 0, 1) * np.exp(-np.clip(at_s - 20 - rise_s, 0, None) / 4)
    responding = sampled(hz, 3 + rise)
    assert not contact_lost(responding).any()
    assert in_contact(responding) is responding


@pytest.mark.parametrize(
    ("signal", "lost"),
    [
        ([(0, 2.0), (250, 4.5)], False),
        ([(0, 2.0), (250, 4.6)], True),
        ([(0, 2.0), (1, 2.02)], False),
        ([(0, 2.0), (1, 4.5), (2, 2.0)], False),
        ([(0, 2.0), (1, 4.6)], True),
        ([(0, 2.0), (100, 3.5), (200, 5.0)], True),
        ([(0, 2.0), (200, 3.5), (400, 5.0)], False),
        ([(0, 2.0), (5_000, 50.0)], False),
        ([(0, 2.0), (5_000, 52.5)], True),
        ([(0, 1.0), (5_500, 57.0)], True),
        ([(0, 0.05), (5_000, 0.05)], False),
        ([(0, 60.0), (5_000, 60.0)], False),
        ([(0, 59.9), (1_000, 60.1)], True),
        ([(0, 0.06), (1_000, 0.04)], True),
        ([(0, 0.0)], True),
        ([(0, 1.0)], False),
        ([], False),
    ],
)
def test_slopes_are_taken_over_a_quarter_of_a_second_or_the_time_between(signal: naive.Signal, lost: bool) -> None:
    assert contact_lost(series(signal)).tolist() == [lost] * len(signal)


def test_a_slow_sensor_loses_the_sample_and_its_neighbours() -> None:
    assert contact_lost(sampled(0.2, held(0.2, 30, 35, 0.0))).nonzero()[0].tolist() == [5, 6, 7]


def test_a_window_does_not_know_of_another() -> None:
    calm, off = [(0, 3.0), (1000, 3.0)], [(0, 0.0), (1000, 0.0)]
    both = series(calm, off, [], calm)
    assert contact_lost(both).tolist() == [False, False, True, True, False, False]
    kept = in_contact(both)
    assert (kept.count.tolist(), kept.time_ms.tolist()) == ([2, 0, 0, 2], [0, 1000, 0, 1000])


times = st.one_of(
    st.sets(st.integers(0, 59_999), max_size=60),
    st.sets(st.integers(0, 3_000), max_size=60),
    st.sampled_from([31, 250, 1_000, 5_000]).map(lambda step_ms: set(range(0, 60_000, step_ms))),
)


@st.composite
def signals(draw: st.DrawFn) -> naive.Signal:
    """A level on which a sensor slips, spikes and saturates now and then."""
    at_ms = sorted(draw(times))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    level_us = np.abs(random.uniform(0.5, 20) + random.choice([0.01, 0.5]) * np.cumsum(random.normal(size=len(at_ms))))
    bad = random.random(len(at_ms)) < random.choice([0, 0.01, 0.2])
    level_us[bad] = random.choice([0.0, 0.049, 0.05, 2.5, 60.0, 60.1, 100.0], bad.sum())
    return list(zip(at_ms, np.round(level_us, random.choice([2, 9])).tolist(), strict=True))


@given(st.lists(signals(), min_size=1, max_size=3))
@settings(deadline=None, max_examples=60)
def test_the_rules_are_the_naive_ones(windows: list[naive.Signal]) -> None:
    gsr = series(*windows)
    expected = [lost for window in windows for lost in naive.contact_lost(window)]
    assert contact_lost(gsr).tolist() == expected
    kept = in_contact(gsr)
    assert kept.value.tolist() == gsr.value[~np.array(expected, dtype=bool)].tolist()
    assert kept.count.sum() == kept.offsets[-1] == len(kept.time_ms)
