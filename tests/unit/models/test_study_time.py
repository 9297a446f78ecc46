"""Later windows of people whose earlier ones were learnt."""

from dataclasses import replace

import numpy as np

from models.study.predictions import later_answers
from models.study.tasks import BINARY
from schemas.windows import WINDOW_MS
from tests.unit.models.studies import Honest, in_order, plan, study


def test_only_earlier_windows_are_learnt_and_none_overlaps_one_predicted() -> None:
    windows, learner = study(), Honest()
    told = np.isfinite(later_answers(windows, plan(windows, BINARY), learner)).all(axis=1)
    learnt, asked = learner.fitted[0], learner.asked[0]
    assert set(learnt.people) == set(asked.people) == set(windows.dataset.people)
    for person in windows.dataset.people:
        last = learnt.window_end_ms[learnt.person == person].max()
        begin = asked.window_end_ms[asked.person == person].min() - WINDOW_MS
        assert last <= begin
    assert not asked.label.any()
    assert told.sum() == len(asked.label)
    assert (windows.scored & (windows.dataset.window_end_ms % 30_000 == 0))[told].all()


def test_windows_that_may_not_be_trained_on_or_scored_stay_out() -> None:
    windows, learner = study(), Honest()
    mine = windows.dataset.person != "p0"
    told = later_answers(replace(windows, trained=mine, scored=mine), plan(windows, BINARY), learner)
    assert "p0" not in learner.fitted[0].people
    assert np.isnan(told[~mine]).all()


def test_earlier_windows_without_a_label_give_no_figure() -> None:
    windows, learner = in_order(study()), Honest()
    assert np.isnan(later_answers(windows, plan(windows), learner)).all()
    assert learner.fitted == []
