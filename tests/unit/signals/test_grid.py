import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.signals.series.grid import resampled
from tests import naive
from tests.unit.signals.drawn import series

signals = st.dictionaries(st.integers(0, 59_999), st.integers(-9, 9).map(float), max_size=25).map(
    lambda found: sorted(found.items())
)


@given(st.lists(signals, min_size=1, max_size=3), st.sampled_from([125, 250, 1000]), st.sampled_from([250, 2000, 9000]))
@settings(deadline=None, max_examples=50)
def test_grid_is_the_naive_one(windows: list[list[tuple[int, float]]], step_ms: int, max_gap_ms: int) -> None:
    found = resampled(series(*windows), step_ms=step_ms, max_gap_ms=max_gap_ms)
    for row, signal in zip(found, windows, strict=True):
        np.testing.assert_allclose(row, naive.grid(signal, step_ms, max_gap_ms), rtol=1e-12, atol=1e-12)


def test_a_window_is_never_joined_to_the_next() -> None:
    found = resampled(series([(59_900, 1.0)], [(0, 3.0), (1000, 4.0)]), step_ms=500, max_gap_ms=60_000)
    assert np.isnan(found[0]).all()
    assert found[1, :4].tolist()[:3] == [3.0, 3.5, 4.0]
    assert np.isnan(found[1, 3:]).all()


def test_samples_on_the_grid_come_back_exactly() -> None:
    values = np.random.default_rng(1).random(240)
    found = resampled(series(list(zip(range(0, 60_000, 250), values, strict=True))), step_ms=250, max_gap_ms=250)
    np.testing.assert_array_equal(found[0], values)
