import pytest

from pipelines.signals.heart.intervals import longest_runs, successive
from tests.unit.signals.drawn import series


@pytest.mark.parametrize(("late_ms", "joined"), [(0, True), (10, True), (-10, True), (11, False), (-11, False)])
def test_the_tolerance_is_ten_milliseconds_inclusive(late_ms: int, joined: bool) -> None:
    assert successive(series([(1000, 900.0), (1800 + late_ms, 800.0)])).tolist() == [False, joined]


def test_the_first_interval_of_a_window_follows_nothing() -> None:
    assert successive(series([(0, 900.0)], [(900, 900.0)])).tolist() == [False, False]
    assert successive(series([], [])).tolist() == []


def test_the_longest_run_is_the_longest_in_time_and_the_earliest_of_equals() -> None:
    pair, trio = [(1000, 500.0), (1500, 500.0)], [(5000, 500.0), (5500, 500.0), (6000, 500.0)]
    later_pair = [(9000, 500.0), (9500, 500.0)]
    first, end = longest_runs(series(pair + trio + later_pair, [], pair + later_pair))
    assert list(zip(first.tolist(), end.tolist(), strict=True)) == [(2, 5), (7, 7), (7, 9)]
