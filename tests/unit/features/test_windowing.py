import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipelines.features.compute import compute_windows
from pipelines.features.windowing import Windows, on_stride, window_chunks, window_starts_ms, windows, windows_at
from pipelines.signals.series.samples import SAMPLE, pack
from schemas.windows import HOP_MS, PANES_PER_WINDOW, WINDOW_MS, window_ends_ms
from tests import naive
from tests.unit.signals import drawn

edges = st.integers(0, 80).map(lambda hop: hop * 5_000)
phases = st.integers(0, 19).map(lambda number: number * 250) | st.integers(0, HOP_MS - 1)
around = st.integers(-400_000, 400_000) | edges
instants = st.lists(around, max_size=40)
firsts = st.sampled_from([drawn.START_MS, 0])
"""Readings around here: in our time, and on both sides of the epoch."""


def user(instants_ms: list[int], first_ms: int = drawn.START_MS) -> NDArray[np.void]:
    times = first_ms + np.array(instants_ms, dtype=np.int64)
    return pack(times, times % 12, 1.0 + times % 97)


def as_listed(found: Windows) -> dict[int, list[naive.Sample]]:
    bounds = zip(found.window_start_ms.tolist(), found.offsets[:-1], found.offsets[1:], strict=True)
    return {start_ms: sorted(drawn.listed(found.samples[low:high])) for start_ms, low, high in bounds}


@given(instants, phases, firsts)
@settings(deadline=None)
def test_windows_are_the_naive_ones(instants_ms: list[int], phase_ms: int, first_ms: int) -> None:
    samples = user(instants_ms, first_ms)
    expected = {start: sorted(part) for start, part in naive.windows(drawn.listed(samples), phase_ms).items()}
    found = as_listed(windows(samples, phase_ms))
    assert found == expected
    assert list(found) == sorted(found)


@given(instants, firsts)
@settings(deadline=None)
def test_without_a_phase_they_are_those_that_all_users_once_had(instants_ms: list[int], first_ms: int) -> None:
    samples = user(instants_ms, first_ms)
    times = sorted({first_ms + instant_ms for instant_ms in instants_ms})
    grid = sorted({at - at % 5_000 - 5_000 * number for at in times for number in range(12)})
    found = windows(samples, 0)
    assert found.window_start_ms.tolist() == grid
    ordered = samples[np.argsort(samples["key"], kind="stable")]
    at_ms = np.array([first_ms + instant_ms for instant_ms in sorted(instants_ms)], dtype=np.int64)
    parts = [ordered[(at_ms >= start) & (at_ms < start + 60_000)] for start in grid]
    assert found.samples.tobytes() == b"".join(part.tobytes() for part in parts)


@given(instants, st.integers(1, 60), phases)
@settings(deadline=None)
def test_chunks_are_the_same_windows(instants_ms: list[int], max_samples: int, phase_ms: int) -> None:
    samples = user(instants_ms)
    parts = list(window_chunks(samples, phase_ms, max_samples=max_samples))
    together = {start: part for chunk in parts for start, part in as_listed(chunk).items()}
    assert together == as_listed(windows(samples, phase_ms))
    assert all(len(part.samples) <= max_samples or len(part.window_start_ms) == 1 for part in parts)


@given(instants, phases, around, around)
@settings(deadline=None)
def test_bounds_choose_among_the_windows_by_their_starts(
    instants_ms: list[int], phase_ms: int, one_ms: int, other_ms: int
) -> None:
    samples = user(instants_ms)
    low, high = (drawn.START_MS + edge_ms for edge_ms in sorted((one_ms, other_ms)))
    parts = list(window_chunks(samples, phase_ms, between_ms=(low, high)))
    together = {start: part for chunk in parts for start, part in as_listed(chunk).items()}
    whole = as_listed(windows(samples, phase_ms))
    assert together == {start: part for start, part in whole.items() if low <= start < high}


@given(instants, st.lists(around, max_size=10, unique=True).map(sorted), st.integers(1, 60))
@settings(deadline=None)
def test_windows_at_any_instants_hold_their_minute(
    instants_ms: list[int], starts_ms: list[int], max_samples: int
) -> None:
    samples = user(instants_ms)
    starts = drawn.START_MS + np.array(starts_ms, dtype=np.int64)
    found = {
        start: part
        for chunk in windows_at(samples, starts, max_samples=max_samples)
        for start, part in as_listed(chunk).items()
    }
    listed = drawn.listed(samples)
    assert found == {
        start: sorted(each for each in listed if start <= each[0] < start + WINDOW_MS) for start in starts.tolist()
    }


@given(st.integers(-(10**13), 10**13), phases)
def test_each_instant_is_in_twelve_windows_a_hop_apart(timestamp_ms: int, phase_ms: int) -> None:
    starts = window_starts_ms(np.array([timestamp_ms]), phase_ms).tolist()
    assert len(starts) == PANES_PER_WINDOW == 12
    assert all(start <= timestamp_ms < start + WINDOW_MS for start in starts)
    assert {start % HOP_MS for start in starts} == {phase_ms}
    assert [start + WINDOW_MS for start in starts] == list(window_ends_ms(timestamp_ms, phase_ms))


def test_start_is_inclusive_and_end_exclusive() -> None:
    starts = window_starts_ms(np.array([61_750]), 1_750)
    assert 61_750 in starts
    assert 1_750 not in starts


@given(st.integers(-(10**9), 10**9), st.integers(1, 12), phases)
def test_a_stride_takes_one_window_and_the_same_hops_of_all_users(hop: int, hops: int, phase_ms: int) -> None:
    starts = HOP_MS * np.arange(hop, hop + 3 * hops)
    taken = on_stride(starts + phase_ms, hops * HOP_MS // 1000)
    assert taken.tolist() == (starts % (hops * HOP_MS) == 0).tolist()
    assert taken.sum() == 3


def test_no_sample_has_no_window() -> None:
    none = np.empty(0, SAMPLE)
    assert len(windows(none, 250).window_start_ms) == 0
    assert list(window_chunks(none, 250)) == []


def test_windows_fit_the_features() -> None:
    found = windows(drawn.window(5), 3_500)
    computed = compute_windows(found.window_start_ms, found.samples, found.offsets)
    assert len(computed.features) == len(found.window_start_ms) > 12
