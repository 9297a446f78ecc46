import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipelines.features.compute import compute_windows
from pipelines.features.windowing import Windows, window_chunks, window_starts_ms, windows
from pipelines.signals.series.samples import SAMPLE, pack
from schemas.windows import window_ends_ms
from tests import naive
from tests.unit.signals import drawn

edges = st.integers(0, 80).map(lambda hop: hop * 5_000)
instants = st.lists(st.integers(0, 400_000) | edges, max_size=40)


def user(instants_ms: list[int]) -> NDArray[np.void]:
    times = drawn.START_MS + np.array(instants_ms, dtype=np.int64)
    return pack(times, times % 12, 1.0 + times % 97)


def as_listed(found: Windows) -> dict[int, list[naive.Sample]]:
    bounds = zip(found.window_start_ms.tolist(), found.offsets[:-1], found.offsets[1:], strict=True)
    return {start_ms: sorted(drawn.listed(found.samples[low:high])) for start_ms, low, high in bounds}


@given(instants)
@settings(deadline=None)
def test_windows_are_the_naive_ones(instants_ms: list[int]) -> None:
    samples = user(instants_ms)
    expected = {start: sorted(part) for start, part in naive.windows(drawn.listed(samples)).items()}
    found = as_listed(windows(samples))
    assert found == expected
    assert list(found) == sorted(found)


@given(instants, st.integers(1, 60))
@settings(deadline=None)
def test_chunks_are_the_same_windows(instants_ms: list[int], max_samples: int) -> None:
    samples = user(instants_ms)
    parts = list(window_chunks(samples, max_samples=max_samples))
    assert {start: part for chunk in parts for start, part in as_listed(chunk).items()} == as_listed(windows(samples))
    assert all(len(part.samples) <= max_samples or len(part.window_start_ms) == 1 for part in parts)


@given(st.integers(0, 10**13))
def test_starts_agree_with_the_ends_that_the_stream_uses(timestamp_ms: int) -> None:
    ends = [start + 60_000 for start in window_starts_ms(np.array([timestamp_ms])).tolist()]
    assert ends == list(window_ends_ms(timestamp_ms))


def test_start_is_inclusive_and_end_exclusive() -> None:
    starts = window_starts_ms(np.array([60_000]))
    assert 60_000 in starts
    assert 0 not in starts


def test_no_sample_has_no_window() -> None:
    none = np.empty(0, SAMPLE)
    assert len(windows(none).window_start_ms) == 0
    assert list(window_chunks(none)) == []


def test_windows_fit_the_features() -> None:
    found = windows(drawn.window(5))
    computed = compute_windows(found.window_start_ms, found.samples, found.offsets)
    assert len(computed.features) == len(found.window_start_ms) > 12
