"""From recordings or a training set to an evaluation's report."""

from argparse import Namespace
from typing import Any

from models.distillation.student_learner import Student, Teaching
from models.metrics.report import HOPEFUL
from models.study.folds import HoldOut
from models.study.learners import Boosting, Learner, Networks, RandomForest, WideForest
from models.study.run import StudyConfig, evaluate_study
from pipelines.core.errors import SettingsError
from pipelines.core.progress import counted
from pipelines.datasets.evaluation_windows import EnrolmentTerms, EvaluationWindows, given_windows
from schemas.windows import HOP_S


def evaluation(given: Namespace, phases: int) -> dict[str, Any]:
    """Reads, fits and scores as the command's arguments say; windows of recordings end in so many phases."""
    config = config_of(given)
    found = given_windows(given, phases, EnrolmentTerms(given.enrolment_block, given.score_before_enrolment))
    with counted("evaluation", "fits") as progress:
        report = evaluate_study(found.windows, learners_of(given), config, progress)
    return {"format": "eqm evaluation 1", "data": data_of(found)} | hopeful(report)


def hopeful(report: dict[str, Any]) -> dict[str, Any]:
    """The same, saying whose figures are better than they should be: all learners here have built-in settings."""
    return report | ({"note": HOPEFUL} if report["on"] == "real people" else {})


def config_of(given: Namespace) -> StudyConfig:
    """Raises SettingsError for arguments that cannot go together."""
    if given.by == "dataset" and given.folds:
        raise SettingsError("--by dataset and --folds cannot go together: leave one of them out")
    for flag in ("train_every_s", "score_every_s"):
        if (seconds := getattr(given, flag)) < HOP_S or seconds % HOP_S:
            raise SettingsError(f"--{flag.replace('_', '-')} {seconds}: give a multiple of {HOP_S} seconds")
    hold_out = HoldOut(by_set=given.by == "dataset", folds=given.folds)
    return StudyConfig(hold_out, given.train_every_s, given.score_every_s, given.seed)


def learners_of(given: Namespace) -> tuple[Learner, ...]:
    """The yardstick first."""
    ensemble = Networks(given.preset)
    student = Student(ensemble)
    both = {"ensemble", "student"} <= set(given.learner)
    more: dict[str, Learner] = {
        "wide_forest": WideForest(),
        "ensemble": Teaching(student) if both else ensemble,
        "student": student,
    }
    # The teacher before its student, which then needs no teacher of its own.
    return RandomForest(), Boosting(), *(learner for name, learner in more.items() if name in given.learner)


def data_of(found: EvaluationWindows) -> dict[str, Any]:
    """What the figures come from."""
    windows = found.windows
    dataset = windows.dataset
    return {
        "on": windows.kind,
        "data_hash": dataset.data_hash(),
        "windows": len(windows.scored),
        "trained_on": int(windows.trained.sum()),
        "scored": int(windows.scored.sum()),
        "left_out": found.left_out,
        "sets": {name: _people(windows.source == name, dataset.person) for name in windows.sets},
    }


def _people(which: Any, person: Any) -> list[str]:  # noqa: ANN401
    return sorted(set(person[which].tolist()))
