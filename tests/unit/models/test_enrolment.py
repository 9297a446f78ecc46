"""Which windows count in training, how much, and whose baseline is hidden."""

from dataclasses import replace

import numpy as np
import pytest

from models.datasets.enrolment import enrolled, minutes, with_some_unknown
from tests.unit.models.people import made_up


def test_only_a_person_with_a_baseline_loses_the_windows_before_it() -> None:
    rows = made_up(people=3, windows=4)
    baseline = rows.baseline.copy()
    baseline[[0, 1]] = np.nan
    baseline[4:8] = np.nan
    kept = enrolled(replace(rows, baseline=baseline))
    assert kept.tolist() == [False, False, True, True] + [True] * 8


def test_windows_of_one_minute_count_as_one() -> None:
    rows = made_up(people=2, windows=24)
    each = minutes(rows)
    for person in rows.people:
        ends = rows.window_end_ms[rows.person == person] // 60_000
        assert each[rows.person == person].sum() == pytest.approx(len(np.unique(ends)))
    far = replace(rows, window_end_ms=np.arange(48) * 60_000)
    assert minutes(far).tolist() == [1] * 48


def test_the_hidden_baselines_are_drawn_by_the_seed_alone() -> None:
    rows = made_up(people=10, windows=60)
    hidden = np.isnan(with_some_unknown(rows, 0.25, seed=3).baseline).all(axis=1)
    assert hidden.mean() == pytest.approx(0.25, abs=0.06)
    again = np.isnan(with_some_unknown(rows, 0.25, seed=3).baseline).all(axis=1)
    np.testing.assert_array_equal(hidden, again)
    np.testing.assert_array_equal(with_some_unknown(rows, 0, seed=3).baseline, rows.baseline)
