import numpy as np

from pipelines.signals.series.segments import Series
from tests.unit.signals.drawn import series

RAGGED = series([], [(0, 3.0), (10, 1.0)], [], [(5, 4.0)], [])


def test_parts_are_runs_of_windows() -> None:
    parts = series([(0, 3.0)], [(10, 1.0)], [], [(5, 4.0)]).parts(2)
    assert [part.offsets.tolist() for part in parts] == [[0, 1, 2], [0, 0, 1]]
    assert [part.value.tolist() for part in parts] == [[3.0, 1.0], [4.0]]
    assert [part.windows for part in Series(RAGGED.time_ms[:0], RAGGED.value[:0], np.zeros(1, int)).parts(3)] == [0] * 3


def test_within_keeps_both_bounds_and_the_windows() -> None:
    kept = RAGGED.within((1.0, 3.0))
    assert kept.offsets.tolist() == [0, 0, 2, 2, 2, 2]
    assert kept.value.tolist() == [3.0, 1.0]
    assert RAGGED.within((0.0, 9.0)) is RAGGED
