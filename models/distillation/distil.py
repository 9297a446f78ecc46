"""Distils a bundle into a student (Hinton et al. 2015, arXiv:1503.02531): one small network that answers alike."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

import numpy as np

from models.core.arrays import Float32s
from models.core.dataset import Dataset
from models.core.keras3 import keras
from models.core.manifest import Manifest
from models.core.prediction import Prediction
from models.core.progress import Progress
from models.core.setting_checks import need_share, need_sizes
from models.datasets.enrolment import enrolled, minutes, with_some_unknown
from models.distillation.student_fitting import Lesson, Schooling, school
from models.distillation.synthetic import Synthetic
from models.distillation.teaching import need_its_data, need_labels, people_of
from models.ensemble.abstention import chosen_on
from models.ensemble.calibration import Calibration, fit_calibration
from models.ensemble.combining import Weighted
from models.ensemble.ensemble import CHUNK, Ensemble, raw_inputs
from models.members import READS, STUDENT, student
from models.members.sizes import StudentSizes
from models.metrics.report import Predict, evaluate, summary
from models.preprocessing.preparation import PREPARED_SHAPES, Preparation
from models.preprocessing.quantiles import fit_quantiles
from models.preprocessing.relative import level_values
from models.study.intervals import Bootstrap
from models.study.rows import Scored
from models.study.scores import better_by
from models.training.settings import TrainingConfig
from models.training.train import TrainedEnsemble

RANK_STEPS: Final = 16
"""Of the student's ranks: with as many as members have, ranking would be most of what an answer costs."""


class Teacher(Protocol):
    """A loaded bundle, as `models.bundle.predictor.Predictor` is."""

    @property
    def manifest(self) -> Manifest: ...

    def predict(self, features: Float32s, sequence: Float32s, baseline: Float32s) -> Prediction: ...


@dataclass(frozen=True)
class DistillationConfig:
    """How a student learns; the same settings, teacher, data and machine give the same student."""

    sizes: StudentSizes = field(default_factory=StudentSizes)
    schooling: Schooling = field(default_factory=Schooling)
    label_share: float = 0.4
    """How much a window's own label counts; the rest is the teacher's answer."""
    synthetic: Synthetic = field(default_factory=Synthetic)
    unknown_baselines: float = 0.1
    """Share of people's own windows whose baseline is hidden."""
    seed: int = 7

    def __post_init__(self) -> None:
        need_sizes(self.sizes, "student")
        need_share(self, "label_share", "unknown_baselines")


def distil(
    dataset: Dataset, teacher: Teacher, config: DistillationConfig, progress: Callable[[Progress], None]
) -> TrainedEnsemble:
    """A student of the teacher's training people, calibrated on its validation people, reported on its test people.

    It abstains at the teacher's stated risk. The report also has the teacher's figures on the same windows, and by how
    much the student's are better. Sets Keras' global random seed. Raises TrainingError where the dataset is not the one
    that the teacher learnt from.
    """
    split = people_of(teacher.manifest)
    need_its_data(dataset, split, teacher.manifest)
    everything = dataset.ordered()
    rows = everything.rows(enrolled(everything))
    validation, risk = rows.of(split.validation), teacher.manifest.stated_risk
    ensemble = fit_student(rows.of(split.train), validation, teacher.predict, config, progress)
    abstention = chosen_on(validation, ensemble.predict, risk)
    report = evaluate(rows, split, ensemble.predict, members=ensemble.names, abstention=abstention)
    beside = {
        "windows_before_baseline": len(everything.label) - len(rows.label),
        "built_in_settings": True,
        "teacher": _teacher_on(rows.of(split.test), teacher, ensemble),
    }
    return TrainedEnsemble(
        ensemble=ensemble,
        config=TrainingConfig(stated_risk=risk, seed=config.seed),
        split=split,
        report=report | beside,
        labels=dataset.label_names,
        channels=ensemble.channels(),
        trained_on=dataset.trained_on,
        data_hash=dataset.data_hash(),
        abstention=abstention,
        distilled_from=teacher.manifest.version,
    )


def fit_student(
    learning: Dataset,
    validation: Dataset,
    teach: Predict,
    config: DistillationConfig,
    progress: Callable[[Progress], None],
) -> Ensemble:
    """An ensemble of one, which learns from some people's labels and its teacher's answers; others calibrate it."""
    need_labels(learning)
    preparation = _preparation(with_some_unknown(learning, config.unknown_baselines, seed=config.seed))
    lesson = _Desk(preparation, teach, config).lesson(learning, validation)
    keras.utils.set_random_seed(config.seed)
    shape, labels = PREPARED_SHAPES[READS[STUDENT]], len(learning.label_names)
    model = student.build(config.sizes, shape=shape, labels=labels)
    school(model, lesson, config.schooling, progress)
    alone = Ensemble({STUDENT: model}, preparation, Weighted(np.ones(1)), Calibration.none(labels))
    answers = alone.mixed(alone.answers(raw_inputs(validation)))
    return replace(alone, calibration=fit_calibration(answers, validation.label, minutes(validation)))


def _preparation(rows: Dataset) -> Preparation:
    """As the ensemble's, but with fewer steps of rank."""
    values = np.asarray(level_values(rows.features, rows.baseline))
    return replace(Preparation.of(rows), quantiles=fit_quantiles(values, RANK_STEPS))


@dataclass(frozen=True)
class _Desk:
    """Where a lesson is made."""

    preparation: Preparation
    teach: Predict
    config: DistillationConfig

    def lesson(self, learning: Dataset, validation: Dataset) -> Lesson:
        share, unknown, seed = self.config.label_share, self.config.unknown_baselines, self.config.seed
        hot = np.eye(len(learning.label_names), dtype=np.float32)
        known = raw_inputs(with_some_unknown(learning, unknown, seed=seed))
        made = self.config.synthetic.of(learning, seed=seed)
        return Lesson(
            inputs=np.concatenate([self._prepared(known), self._prepared(made)]),
            targets=np.concatenate([share * hot[learning.label] + (1 - share) * self._told(known), self._told(made)]),
            validation_inputs=self._prepared(raw_inputs(validation)),
            validation_targets=hot[validation.label],
        )

    def _prepared(self, raw: dict[str, Float32s]) -> Float32s:
        """A piece at a time: ranking takes many times the memory of what it ranks."""
        pieces = range(0, len(raw["features"]), CHUNK)
        parts = [{name: values[at : at + CHUNK] for name, values in raw.items()} for at in pieces]
        return np.concatenate([np.asarray(self.preparation.inputs(part)[READS[STUDENT]]) for part in parts])

    def _told(self, raw: dict[str, Float32s]) -> Float32s:
        return np.asarray(self.teach(raw["features"], raw["sequence"], raw["baseline"]).probabilities, dtype=np.float32)


def _teacher_on(held_out: Dataset, teacher: Teacher, ensemble: Ensemble) -> dict[str, Any]:
    """The teacher's figures on people held out, and the student's minus these with intervals over people."""
    rows = (held_out.features, held_out.sequence, held_out.baseline)
    told, learnt = (
        Scored(
            held_out.label,
            held_out.person,
            np.asarray(predict(*rows).probabilities, dtype=np.float64),
            held_out.label_names,
        )
        for predict in (teacher.predict, ensemble.predict)
    )
    its = teacher.manifest
    return {
        "name": its.name,
        "version": its.version,
        **summary(held_out.label, told.probabilities),
        "student_better_by": better_by(learnt, told, Bootstrap()),
    }
