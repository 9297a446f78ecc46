import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.signals.series.statistics import statistics
from tests import naive
from tests.unit.signals.drawn import agrees, series

levels = st.floats(-1e6, 1e6).map(lambda value: round(value, 6))
signals = st.dictionaries(st.integers(0, 59_999), levels, max_size=30).map(lambda found: sorted(found.items()))


@given(signals)
def test_statistics_are_the_naive_ones(signal: list[tuple[int, float]]) -> None:
    spread = max((abs(value) for _, value in signal), default=1.0) or 1.0
    scaled = [(ms, value / spread) for ms, value in signal]
    agrees(statistics(series(scaled)), naive.describe(scaled))


@given(levels, st.lists(st.integers(0, 59_999), min_size=2, max_size=50, unique=True))
def test_a_constant_has_exactly_no_spread_and_no_slope(level: float, times: list[int]) -> None:
    found = statistics(series([(ms, level + 0.1) for ms in sorted(times)]))
    assert (found["std"].item(), found["slope"].item(), found["range"].item()) == (0, 0, 0)
    assert found["mean"].item() == found["min"].item() == found["max"].item()


def test_one_sample_has_a_mean_and_a_range_but_no_spread() -> None:
    found = {name: value.item() for name, value in statistics(series([(500, 7.5)])).items()}
    assert (found["mean"], found["min"], found["max"], found["range"]) == (7.5, 7.5, 7.5, 0.0)
    assert np.isnan([found["std"], found["slope"]]).all()


def test_precision_survives_a_large_offset() -> None:
    found = statistics(series([(0, 1e9), (1000, 1e9 + 1e-3)]))
    step = (1e9 + 1e-3) - 1e9
    assert found["slope"].item() == pytest.approx(step, rel=1e-12)
    assert found["std"].item() == pytest.approx(step / np.sqrt(2), rel=1e-12)
