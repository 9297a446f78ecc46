"""No two windows of different splits share a person, or an instant of one person's time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.core.errors import TrainingError
from models.datasets.split import LabelledPeople
from pipelines.core.errors import SettingsError
from pipelines.datasets.request import Choice
from pipelines.datasets.splits import GAP, assign, by_time
from schemas.windows import WINDOW_MS

BY_TIME = Choice(split="time")


def people(count: int, windows: int, *, stride_s: int = 10) -> tuple[LabelledPeople, np.ndarray]:
    label = np.tile(np.arange(windows) % 2, count)
    person = np.repeat([f"p{number:02d}" for number in range(count)], windows)
    return LabelledPeople(label, person, ("calm", "stress")), np.tile(np.arange(windows) * stride_s * 1000, count)


@given(st.lists(st.lists(st.integers(0, 600), unique=True, max_size=60).map(sorted), min_size=1, max_size=3))
@settings(deadline=None)
def test_no_windows_of_two_splits_overlap(starts: list[list[int]]) -> None:
    person = np.repeat([f"p{number}" for number in range(len(starts))], [len(mine) for mine in starts])
    start_ms = np.array([start * 5000 for mine in starts for start in mine], dtype=np.int64)
    place = by_time(person, start_ms)
    for one in np.unique(person):
        mine, split = start_ms[person == one], place[person == one]
        apart = np.abs(mine[:, None] - mine) >= WINDOW_MS
        kept = split != GAP
        assert (apart | (split[:, None] == split))[np.ix_(kept, kept)].all()
        assert (np.diff(split[kept]) >= 0).all(), "in order of time"


@given(st.integers(1, 80), st.integers(1, 12))
@settings(deadline=None)
def test_the_gap_is_no_wider_than_a_window(windows: int, stride: int) -> None:
    start_ms = np.arange(windows) * stride * 5000
    place = by_time(np.array(["ann"] * windows), start_ms)
    per_window = -(-WINDOW_MS // (stride * 5000)) - 1
    assert (place == GAP).sum() <= 2 * per_window


def test_shares_are_70_15_15() -> None:
    place = assign(*people(4, 1000), BY_TIME)
    shares = [np.mean(place == number) for number in range(3)]
    np.testing.assert_allclose(shares, [0.7, 0.15, 0.15], atol=0.006)


@given(st.integers(3, 9), st.integers(0, 50))
@settings(deadline=None, max_examples=20)
def test_by_person_nobody_is_in_two_splits_and_no_window_is_lost(count: int, seed: int) -> None:
    windows, start_ms = people(count, 6)
    place = assign(windows, start_ms, Choice(seed=seed))
    assert {len(set(place[windows.person == one])) for one in windows.people} == {1}
    assert set(place) == {0, 1, 2}


@pytest.mark.parametrize(
    ("count", "windows", "choice", "line"),
    [
        (1, 50, Choice(), "labelled windows of 1 person"),
        (2, 50, Choice(), "labelled windows of 2 people"),
        (1, 10, BY_TIME, "no window is left for validation"),
        (9, 2, BY_TIME, "no window is left for test"),
    ],
)
def test_a_split_that_would_be_empty_is_an_error(count: int, windows: int, choice: Choice, line: str) -> None:
    with pytest.raises(TrainingError, match=line):
        assign(*people(count, windows, stride_s=60 if windows == 2 else 10), choice)


def test_a_label_that_only_comes_at_the_end_cannot_be_learned_by_time() -> None:
    windows, start_ms = people(1, 200)
    late = LabelledPeople((np.arange(200) >= 150).astype(int), windows.person, windows.label_names)
    with pytest.raises(TrainingError, match="no training window is labelled stress"):
        assign(late, start_ms, BY_TIME)


def test_one_label_is_no_training_set() -> None:
    windows, start_ms = people(3, 10)
    with pytest.raises(TrainingError, match="all windows are labelled calm"):
        assign(LabelledPeople(windows.label * 0, windows.person, ("calm",)), start_ms, Choice())


@pytest.mark.parametrize("wrong", [{"least_share": 0.5}, {"least_share": 1.1}, {"stride_s": 7}, {"stride_s": 0}])
def test_choices_that_make_no_sense_are_refused(wrong: dict) -> None:
    with pytest.raises(SettingsError, match=r"--least-share|--stride-s"):
        Choice(**wrong)
