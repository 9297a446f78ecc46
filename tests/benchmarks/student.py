"""`python -m tests.benchmarks.student RECORDINGS…`: what a student costs and loses, beside its teacher, on one run.

People are held out in groups, as in `eqm evaluate`: in each fold the ensemble is fitted, then its student; trees and
personal network alone stand beside them. The bundles of the last fold are timed.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from models.bundle.packing import save
from models.core.dataset import Dataset
from models.datasets.enrolment import minutes
from models.datasets.split import Split
from models.distillation.distil import DistillationConfig, fit_student
from models.ensemble.calibration import fit_calibration
from models.ensemble.combining import Weighted
from models.ensemble.ensemble import Ensemble, raw_inputs
from models.study.figures import headline
from models.study.folds import Fold, HoldOut
from models.study.intervals import Bootstrap, estimate
from models.study.learners import Networks
from models.study.predictions import Plan
from models.study.rows import Scored
from models.study.scores import better_by, scored_rows
from models.study.tasks import StudyWindows, tasks_of
from models.training.settings import TRAINING_PRESETS
from models.training.train import TrainedEnsemble
from pipelines.datasets.evaluation_windows import EnrolmentTerms, of_recordings
from pipelines.reports.tables.evaluation import shown
from schemas.windows import PHASES

FOLDER = Path("build/bench")
TEACHER, PAIR, STUDENT = "ensemble", "trees and personal", "student"
TIMED = 4096
MOST_LOST = 0.01
LEAST_RATIO = 10


@dataclass(frozen=True)
class Fitted:
    """What was fitted in one fold, by name, and its rows."""

    by_name: dict[str, Ensemble]
    train: Dataset


def main() -> int:
    given = arguments()
    windows = of_recordings(given.recordings, PHASES, EnrolmentTerms(), lambda done, total: None).windows
    tasks = [scored(windows, Plan(task, folds, seed=given.seed), given) for task, folds in plans(windows, given)]
    fitted = [task.pop("fitted") for task in tasks]
    rates = speeds(windows, fitted[-1])
    result = {"on": windows.kind, "preset": given.preset, "windows_per_s": rates, "tasks": tasks}
    print(table(result))
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "student.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    lost = max(-task["student_better_by"]["value"] for task in tasks)
    return 0 if rates[STUDENT] >= LEAST_RATIO * rates[TEACHER] and lost <= MOST_LOST else 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.student", description=__doc__)
    parser.add_argument("recordings", type=Path, nargs="+", metavar="RECORDINGS")
    parser.add_argument("--preset", choices=tuple(TRAINING_PRESETS), default="full")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args()


def plans(windows: StudyWindows, given: argparse.Namespace) -> Iterator[tuple[Any, tuple[Fold, ...]]]:
    for task in tasks_of(windows, across_sets=False):
        yield task, HoldOut(folds=given.folds).of(windows, task, given.seed)


def scored(windows: StudyWindows, plan: Plan, given: argparse.Namespace) -> dict[str, Any]:
    """Balanced accuracy of everybody held out, and by how much the student's is better; with what was fitted last."""
    label = plan.task.label_of(windows)
    found: dict[str, np.ndarray] = {}
    for fold in plan.folds:
        rows = plan.training(windows, fold.train)
        train = replace(windows.dataset.rows(rows), label=label[rows], label_names=plan.task.labels)
        fitted = fit(train, given)
        held_out = np.isin(windows.dataset.person, fold.test) & plan.scored(windows)
        for name, ensemble in fitted.by_name.items():
            answers = found.setdefault(name, np.full((len(label), len(plan.task.labels)), np.nan))
            answers[held_out] = ensemble.predict(**raw_inputs(windows.dataset.rows(held_out))).probabilities
        print(f"{plan.task.name}: {fold.name} of {len(plan.folds)}", file=sys.stderr, flush=True)
    rows_of = {name: scored_rows(windows, plan, answers) for name, answers in found.items()}
    return {
        "task": plan.task.name,
        "people": len(rows_of[STUDENT].people),
        "windows": len(rows_of[STUDENT].label),
        "balanced_accuracy": {name: balanced(each) for name, each in rows_of.items()},
        "student_better_by": better_by(rows_of[STUDENT], rows_of[TEACHER], Bootstrap())["balanced_accuracy"],
        "fitted": fitted,
    }


def balanced(rows: Scored) -> dict[str, Any]:
    return estimate(headline(rows, Bootstrap().weights(len(rows.people)))["balanced_accuracy"], "no window")


def fit(train: Dataset, given: argparse.Namespace) -> Fitted:
    networks = Networks(given.preset)
    ensemble = networks.fit(train, seed=given.seed).ensemble
    learning, validation = networks.people(train, seed=given.seed)
    config = DistillationConfig(seed=given.seed)
    student = fit_student(learning, validation, ensemble.predict, config, lambda step: None)
    return Fitted({TEACHER: ensemble, PAIR: pair(ensemble, validation), STUDENT: student}, train)


def pair(ensemble: Ensemble, validation: Dataset) -> Ensemble:
    """The two members that count most, alone."""
    shares = dict(ensemble.shares())
    members = {name: ensemble.members[name] for name in ("trees", "personal")}
    weights = np.array([shares[name] for name in members])
    few = replace(ensemble, members=members, combiner=Weighted(weights / weights.sum()))
    answers = few.mixed(few.answers(raw_inputs(validation)))
    return replace(few, calibration=fit_calibration(answers, validation.label, minutes(validation)))


def speeds(windows: StudyWindows, fitted: Fitted) -> dict[str, float]:
    """Windows per second of each as a bundle, one thread, in a process of their own."""
    with tempfile.TemporaryDirectory(prefix="eqm-bench-") as home:
        folders = {name: Path(home) / name.replace(" ", "-") for name in fitted.by_name}
        for name, folder in folders.items():
            save(trained(fitted.by_name[name], fitted.train), folder, name="timed")
        timed = np.resize(np.flatnonzero(windows.scored), TIMED)
        np.savez(Path(home) / "windows.npz", **raw_inputs(windows.dataset.rows(timed)))
        arguments = [Path(home) / "windows.npz", *folders.values()]
        run = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.bundle_speed", *map(str, arguments)],
            capture_output=True,
            text=True,
            check=True,
        )
        found = json.loads(run.stdout)
    return {name: found[str(folder)] for name, folder in folders.items()}


def trained(ensemble: Ensemble, train: Dataset) -> TrainedEnsemble:
    """As a bundle wants it; whom it was tested on does not matter to how fast it is."""
    first, second, third, *_ = train.people
    return TrainedEnsemble(
        ensemble=ensemble,
        config=TRAINING_PRESETS["full"],
        split=Split((first,), (second,), (third,)),
        report={},
        labels=train.label_names,
        channels=ensemble.channels(),
        trained_on=train.trained_on,
        data_hash=train.data_hash(),
    )


def table(result: dict[str, Any]) -> str:
    rates = result["windows_per_s"]
    heads = [f"{task['task']}, {task['people']} {result['on']}" for task in result["tasks"]]
    lines = [f"{'':<20}{'windows/s':>10}{'x ensemble':>12}   balanced accuracy: {'; '.join(heads)}"]
    for name, rate in rates.items():
        accuracies = "   ".join(shown(task["balanced_accuracy"][name]) for task in result["tasks"])
        lines.append(f"{name:<20}{rate:>10,.0f}{rate / rates[TEACHER]:>12.1f}   {accuracies}")
    better = "   ".join(shown(task["student_better_by"]) for task in result["tasks"])
    return "\n".join([*lines, f"{'student better by':<45}{better}"])


if __name__ == "__main__":
    sys.exit(main())
