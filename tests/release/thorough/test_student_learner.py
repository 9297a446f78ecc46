"""The student in an evaluation: one ensemble a fold, whether or not the ensemble is shown, too."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from models.core.arrays import Floats
from models.core.dataset import Dataset
from models.core.prediction import Prediction
from models.distillation.student_learner import Student, Teaching
from models.study.learners import Networks
from tests.unit.models.people import made_up
from tests.unit.models.students import QUICK

DATA = made_up()
TRAIN, OTHERS = DATA.of(("p0", "p1", "p2", "p3", "p4")), DATA.of(("p5",))


@dataclass
class Ensemble:
    """Answers as the mean of a person's features tells."""

    asked: list[np.ndarray] = field(default_factory=list)

    def predict(self, features: np.ndarray, sequence: np.ndarray, baseline: np.ndarray) -> Prediction:
        self.asked.append(features)
        distance = -((np.nanmean(features, axis=1, keepdims=True) - np.arange(3)) ** 2) * 4
        shares = (np.exp(distance) / np.exp(distance).sum(axis=1, keepdims=True)).astype(np.float32)
        return Prediction(shares, shares[:, None])


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[Ensemble]:
    made: list[Ensemble] = []

    def fit(learning: Dataset, validation: Dataset, config: object, progress: object) -> Ensemble:
        made.append(Ensemble())
        return made[-1]

    monkeypatch.setattr("models.training.train.fit_ensemble", fit)
    monkeypatch.setattr("models.distillation.distil.DistillationConfig", lambda seed: QUICK)
    return made


def told(predict: object) -> Floats:
    return predict(OTHERS)  # type: ignore[operator]


def test_alone_it_has_a_teacher_fitted_and_never_sees_whom_it_predicts(fits: list[Ensemble]) -> None:
    student = Student(Networks("small"))
    probabilities = told(student.fit(TRAIN, seed=3))
    assert probabilities.shape == (24, 3)
    assert (probabilities.argmax(axis=1) == OTHERS.label).mean() > 0.6
    assert len(fits) == 1
    own, theirs = (set(rows.features[np.isfinite(rows.features)].tolist()) for rows in (TRAIN, OTHERS))
    people, made = (set(asked[np.isfinite(asked)].tolist()) for asked in fits[0].asked)
    assert people <= own
    assert not (made - own) & theirs
    assert student.learnt == {}


def test_beside_the_ensemble_it_takes_that_one_for_its_teacher(fits: list[Ensemble]) -> None:
    student = Student(Networks("small"))
    teaching = Teaching(student)
    assert (teaching.name, student.name) == ("ensemble", "student")
    folds = [TRAIN, DATA.of(("p0", "p1", "p2", "p3"))]
    shown = [told(teaching.fit(fold, seed=3)) for fold in folds]
    assert len(fits) == 2
    beside = [told(student.fit(fold, seed=3)) for fold in folds]
    assert len(fits) == 2
    assert student.learnt == {}
    np.testing.assert_allclose(
        shown[0], fits[0].predict(OTHERS.features, OTHERS.sequence, OTHERS.baseline).probabilities
    )
    np.testing.assert_array_equal(beside[0], told(Student(Networks("small")).fit(TRAIN, seed=3)))
    assert not np.array_equal(beside[0], beside[1])


def test_another_seed_or_other_rows_are_another_student(fits: list[Ensemble]) -> None:
    student = Student(Networks("small"))
    Teaching(student).fit(TRAIN, seed=3)
    student.fit(TRAIN, seed=4)
    assert len(fits) == 2
