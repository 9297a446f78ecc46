"""Who is held out together, and what is asked of whom."""

from dataclasses import replace

import numpy as np
import pytest

from models.core.errors import TrainingError
from models.study.folds import Fold, HoldOut
from models.study.tasks import BINARY, StudyWindows, Task, tasks_of
from tests.unit.models.people import STATES
from tests.unit.models.studies import study


def of(windows: StudyWindows, people: list[str]) -> StudyWindows:
    mine = np.isin(windows.dataset.person, people)
    return StudyWindows(windows.dataset.rows(mine), windows.trained[mine], windows.scored[mine], windows.source[mine])


@pytest.mark.parametrize("hold_out", [HoldOut(), HoldOut(folds=3), HoldOut(by_set=True)])
def test_everybody_is_held_out_once_and_never_trained_on_then(hold_out: HoldOut) -> None:
    windows = study()
    folds = hold_out.of(windows, Task(STATES, windows.sets), 7)
    assert sorted(person for fold in folds for person in fold.test) == list(windows.dataset.people)
    for fold in folds:
        assert sorted(fold.train + fold.test) == list(windows.dataset.people)


def test_a_fold_of_one_person_on_both_sides_cannot_be_made() -> None:
    with pytest.raises(TrainingError, match="p1 would be trained on and predicted"):
        Fold("one", ("p0", "p1"), ("p1",))


def test_groups_have_people_of_each_set() -> None:
    windows = study()
    folds = HoldOut(folds=2).of(windows, Task(STATES, windows.sets), 7)
    assert all({windows.home_of(person) for person in fold.test} == {"active", "seated"} for fold in folds)


def test_too_few_people_sets_or_groups_are_said() -> None:
    windows = study()
    one = of(windows, ["p0"])
    with pytest.raises(TrainingError, match="only p0 has windows to score; at least two"):
        HoldOut().of(one, Task(BINARY, one.sets), 7)
    with pytest.raises(TrainingError, match="there is only seated"):
        HoldOut(by_set=True).of(windows, Task(BINARY, ("seated",)), 7)
    with pytest.raises(TrainingError, match="4 people cannot be held out in 9 groups"):
        HoldOut(folds=9).of(windows, Task(BINARY, ("seated",)), 7)


def test_calm_against_stress_is_asked_of_the_set_that_has_nothing_else() -> None:
    assert tasks_of(study(), across_sets=False) == (Task(BINARY, ("seated",)), Task(STATES, ("active", "seated")))
    assert tasks_of(study(), across_sets=True)[0] == Task(BINARY, ("active", "seated"))
    active = of(study(), ["p4", "p5"])
    assert tasks_of(active, across_sets=False) == (Task(BINARY, ("active",)), Task(STATES, ("active",)))
    seated = of(study(), ["p0", "p1"])
    assert tasks_of(seated, across_sets=False) == (Task(BINARY, ("seated",)),)


def test_one_label_only_is_no_task() -> None:
    windows = study()
    calm = replace(windows, scored=windows.dataset.label == 0)
    with pytest.raises(TrainingError, match="all scored windows are calm: two labels or more"):
        tasks_of(calm, across_sets=False)


def test_a_person_of_two_sets_is_refused() -> None:
    windows = study()
    with pytest.raises(TrainingError, match="p0 is in other and seated"):
        replace(windows, source=np.where(np.arange(len(windows.source)) < 3, "other", windows.source))
