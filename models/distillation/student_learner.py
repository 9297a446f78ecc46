"""The student as something to fit in every fold, beside its teacher or without it."""

from dataclasses import dataclass, field

import numpy as np

from models.core.arrays import Floats
from models.core.dataset import Dataset
from models.study.learners import Networks, Predict


@dataclass(frozen=True)
class Student:
    """Learns from an ensemble that is fitted on the same people; never sees anybody whom it predicts."""

    teacher: Networks
    name: str = "student"
    learnt: dict[tuple[str, int], Predict] = field(default_factory=dict)
    """Students whose teacher was fitted, and who were not asked for yet: by data hash and seed."""

    def fit(self, train: Dataset, *, seed: int) -> Predict:
        about = (train.data_hash(), seed)
        if about not in self.learnt:
            Teaching(self).fit(train, seed=seed)
        return self.learnt.pop(about)


@dataclass(frozen=True)
class Teaching:
    """The ensemble, which whenever it is fitted leaves a student behind: both for the price of one ensemble."""

    student: Student

    @property
    def name(self) -> str:
        return self.student.teacher.name

    def fit(self, train: Dataset, *, seed: int) -> Predict:
        from models.distillation.distil import DistillationConfig, fit_student

        teacher = self.student.teacher
        reading = teacher.fit(train, seed=seed)
        learning, validation = teacher.people(train, seed=seed)
        config = DistillationConfig(seed=seed)
        alone = fit_student(learning, validation, reading.ensemble.predict, config, lambda step: None)

        def predict(rows: Dataset) -> Floats:
            answer = alone.predict(rows.features, rows.sequence, rows.baseline)
            return np.asarray(answer.probabilities, dtype=np.float64)

        self.student.learnt[train.data_hash(), seed] = predict
        return reading
