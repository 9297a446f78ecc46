"""Whoever is predicted was never seen, and nothing of them but what the stream knew reaches a model."""

from dataclasses import replace

import numpy as np

from models.ensemble.smoothing import smooth
from models.study.predictions import answers, on_grid, smoothed
from models.study.tasks import BINARY
from tests.unit.models.people import STATES
from tests.unit.models.studies import HR, Doubtful, Honest, plan, study


def test_nobody_is_fitted_on_and_asked_about_and_labels_are_blanked() -> None:
    windows, learner, fits = study(), Honest(), []
    found = answers(windows, plan(windows), learner, lambda: fits.append(1))
    assert len(fits) == len(learner.fitted) == len(learner.asked) == 6
    for train, asked in zip(learner.fitted, learner.asked, strict=True):
        assert not set(train.people) & set(asked.people)
        assert not asked.label.any()
    assert np.isfinite(found.probabilities).all()
    assert found.left_out == {}


def test_only_rows_meant_for_training_on_its_grid_are_fitted_on() -> None:
    windows, learner = study(), Honest()
    trained = windows.dataset.window_end_ms % 10_000 == 0
    answers(replace(windows, trained=trained), plan(windows, train_stride_s=15), learner, lambda: None)
    assert all((rows.window_end_ms % 30_000 == 0).all() for rows in learner.fitted)


def test_a_stride_takes_the_same_windows_of_everybody_whatever_their_phase() -> None:
    windows = study()
    taken = on_grid(windows, 30)
    number = np.unique(windows.dataset.person, return_inverse=True)[1]
    moved = replace(windows.dataset, window_end_ms=windows.dataset.window_end_ms + 999 * number)
    np.testing.assert_array_equal(on_grid(replace(windows, dataset=moved), 30), taken)
    assert taken.mean() == 1 / 6


def test_a_task_leaves_other_labels_and_sets_out() -> None:
    windows, learner = study(), Honest()
    answers(windows, plan(windows, BINARY), learner, lambda: None)
    assert all(rows.label_names == BINARY and set(rows.label) == {0, 1} for rows in learner.fitted)
    # What people held out did beside the task is predicted all the same: false alarms are counted on it.
    assert len(learner.asked[-1].label) == 60


def test_a_fold_without_a_label_is_left_out_with_the_reason() -> None:
    windows = study()
    active = windows.source == "active"
    keep = ~active | (windows.dataset.label < 2) | (windows.dataset.person == "p5")
    found = answers(replace(windows, trained=keep), plan(windows), Honest(), lambda: None)
    assert found.left_out == {"p5": "no training window is exercise"}
    assert np.isnan(found.probabilities[windows.dataset.person == "p5"]).all()
    assert np.isfinite(found.probabilities[windows.dataset.person != "p5"]).all()


def test_own_measures_of_doubt_are_kept_only_where_asked_for() -> None:
    windows, learner = study(), Doubtful()
    plain = answers(windows, plan(windows), learner, lambda: None)
    assert plain.doubts == {}
    assert learner.doubted == []
    found = answers(windows, plan(windows), learner, lambda: None, doubting=True)
    np.testing.assert_array_equal(found.doubts["disagreement"], np.nan_to_num(windows.dataset.features[:, HR]))
    assert answers(windows, plan(windows), Honest(), lambda: None, doubting=True).doubts == {}


def test_smoothing_is_the_streams_and_stays_within_a_person() -> None:
    windows, each = study(people=3, windows=12), plan(study(people=3, windows=12), score_stride_s=10)
    rng, data = np.random.default_rng(0), windows.dataset
    raw = rng.dirichlet(np.ones(3), len(data.label))
    found = smoothed(windows, raw, each.scored(windows))
    for row in np.flatnonzero(each.scored(windows)):
        mine = data.person == data.person[row]
        expected = smooth(data.window_end_ms[mine], raw[mine], int(data.window_end_ms[row]))
        np.testing.assert_array_equal(found[row], expected)
    assert np.isnan(found[~each.scored(windows)]).all()


def test_exercise_counts_where_the_task_does_not_know_it() -> None:
    windows = study()
    binary = plan(windows, BINARY, score_stride_s=5)
    assert (binary.exercise(windows) == (windows.dataset.label == STATES.index("exercise"))).all()
    assert not (binary.exercise(windows) & binary.scored(windows)).any()
