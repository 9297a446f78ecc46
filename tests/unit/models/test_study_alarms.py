"""Alarms are silent for honest learners, and sound for those that cheat."""

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from models.study.alarms import first_ends_ms, frozen, shuffled
from models.study.folds import HoldOut
from models.study.learners import Learner
from models.study.run import StudyConfig, evaluate_study
from models.study.scores import Scores
from tests.unit.models.studies import Clock, Doubtful, Hoarder, Honest, in_order, study

CONFIG = StudyConfig(HoldOut(folds=2), train_stride_s=10, score_stride_s=10, draws=200)


def run(windows: object, learners: Sequence[Learner], config: StudyConfig = CONFIG) -> Scores:
    return evaluate_study(windows, learners, config, lambda done, total: None)  # type: ignore[arg-type]


def sounding(report: Scores) -> set[tuple[str, str]]:
    return {
        (alarm["learner"], alarm["name"]) for task in report["tasks"] for alarm in task["alarms"] if alarm["sounds"]
    }


def test_an_honest_learner_sounds_none() -> None:
    report = run(study(), [Honest()])
    assert sounding(report) == set()
    assert report["sounds"] is False
    assert report["tasks"][0]["learners"]["honest"]["raw"]["auroc"]["value"] > 0.55


def test_a_learner_that_tells_time_sounds_the_frozen_one() -> None:
    report = run(in_order(study()), [Honest(), Clock()])
    assert ("clock", "physiology_frozen") in sounding(report)
    assert ("honest", "physiology_frozen") not in sounding(report)
    assert report["sounds"] is True
    assert report["tasks"][0]["elapsed_time"]["auroc"]["value"] > 0.9


def test_a_learner_that_keeps_labels_of_other_folds_sounds_the_shuffled_one() -> None:
    assert ("hoarder", "labels_shuffled") in sounding(run(study(), [Hoarder()], replace(CONFIG, hold_out=HoldOut())))


@pytest.mark.parametrize(("real", "expected"), [(True, {("honest", "too_good")}), (False, set())])
def test_calm_against_stress_told_apart_too_well_is_a_leak_to_hunt_in_real_people(
    real: bool, expected: set[tuple[str, str]]
) -> None:
    assert sounding(run(study(strength=4, real=real), [Honest()])) == expected


def test_shuffling_stays_within_people_and_among_windows_that_count() -> None:
    windows = study()
    used = windows.dataset.window_end_ms % 10_000 == 0
    found = shuffled(replace(windows, trained=used, scored=used), 3).dataset.label
    before = windows.dataset.label
    assert (found[~used] == before[~used]).all()
    assert (found[used] != before[used]).any()
    for person in windows.dataset.people:
        mine = windows.dataset.person == person
        assert sorted(found[mine]) == sorted(before[mine])


def test_frozen_physiology_is_one_per_person_and_labels_and_time_stay() -> None:
    windows = study()
    found = frozen(windows, 3).dataset
    mine = windows.dataset.person == "p2"
    np.testing.assert_array_equal(found.features[mine], np.tile(found.features[mine][0], (mine.sum(), 1)))
    np.testing.assert_allclose(found.sequence[mine][0, 0, 0], np.nanmean(windows.dataset.sequence[mine][:, 0, 0]), 1e-5)
    assert np.isnan(found.sequence[..., -1]).sum() == np.isnan(found.sequence[0, :, -1]).sum() * len(found.label)
    assert (found.label == windows.dataset.label).all()
    assert (found.window_end_ms == windows.dataset.window_end_ms).all()


def test_elapsed_time_begins_with_the_first_window_of_all() -> None:
    windows = study(people=3)
    assert set(first_ends_ms(windows.dataset).values()) == {int(windows.dataset.window_end_ms.min())}


def test_the_report_is_json_says_whose_figures_and_repeats_itself() -> None:
    report = run(study(), [Honest(), Clock()])
    text = json.dumps(report, allow_nan=False)
    assert text == json.dumps(run(study(), [Honest(), Clock()]), allow_nan=False)
    for task in report["tasks"]:
        for its in task["learners"].values():
            assert its["raw"]["on"] == its["smoothed"]["on"] == "real people"
            assert all(person["on"] == "real people" for person in its["raw"]["per_person"].values())
        assert "better_than_yardstick" in task["learners"]["clock"]
        assert "better_than_yardstick" not in task["learners"]["honest"]
    binary, three = report["tasks"]
    assert binary["learners"]["honest"]["raw"]["exercise_called_stress"]["value"] is None
    assert three["learners"]["honest"]["raw"]["exercise_called_stress"]["windows"] > 0
    assert set(three["learners"]["honest"]["raw"]["calm_against_stress"]) == {"active", "seated"}


def test_every_fit_is_told_once() -> None:
    told: list[tuple[int, int]] = []
    evaluate_study(study(), [Honest(), Clock()], CONFIG, lambda done, total: told.append((done, total)))
    assert [done for done, _ in told] == list(range(1, len(told) + 1))
    assert {total for _, total in told} == {len(told)}


def test_doubts_stated_risks_and_later_windows_are_reported_of_the_same_people() -> None:
    report = run(study(), [Honest(), Doubtful()])
    for task in report["tasks"]:
        for its in task["learners"].values():
            assert [each["stated"] for each in its["smoothed"]["stated_risks"]] == [0.05, 0.1, 0.2]
            assert its["later"]["on"] == "real people"
        measures = {name: set(its["raw"]["doubt"]) for name, its in task["learners"].items()}
        assert measures == {"honest": {"confidence", "entropy"}, "doubtful": {"confidence", "entropy", "disagreement"}}
        unsure = task["learners"]["doubtful"]["smoothed"]["doubt"]
        assert unsure["disagreement"]["value"] != unsure["confidence"]["value"]


def test_a_label_that_only_one_person_shows_leaves_its_fold_out_and_no_average() -> None:
    windows = study()
    rare = (windows.dataset.label < 2) | (windows.dataset.person == "p5")
    report = run(replace(windows, trained=rare, scored=rare), [Honest()], replace(CONFIG, hold_out=HoldOut()))
    three = report["tasks"][1]
    assert three["folds_left_out"] == {"p5": "no training window is exercise"}
    found = three["learners"]["honest"]["smoothed"]
    assert found["auroc"] == {"value": None, "reason": "no window scored is exercise"}
    assert found["stated_risks"][2]["coverage"]["value"] is not None
    json.dumps(report, allow_nan=False)
