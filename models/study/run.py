"""The whole evaluation: every learner on every task, fold by fold, and the alarms; one JSON-able report."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from models.core.arrays import Floats
from models.study.alarms import ALARMS, MARGIN, TOO_GOOD, first_ends_ms, judged
from models.study.folds import HoldOut
from models.study.intervals import Bootstrap
from models.study.learners import ElapsedTime, Learner
from models.study.predictions import Plan, StudyAnswers, answers, later_answers, smoothed
from models.study.scores import Scores, better_by, scored_rows, scores, summary
from models.study.tasks import BINARY, StudyWindows, tasks_of

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class StudyConfig:
    """Who is held out when, and which windows count."""

    hold_out: HoldOut = field(default_factory=HoldOut)
    train_stride_s: int = 30
    score_stride_s: int = 30
    seed: int = 7
    draws: int = 1000

    @property
    def bootstrap(self) -> Bootstrap:
        return Bootstrap(self.draws, self.seed)


def evaluate_study(
    windows: StudyWindows, learners: Sequence[Learner], config: StudyConfig, progress: Progress
) -> Scores:
    """Fits, predicts, scores and sounds the alarms; the first learner is the yardstick of the others.

    Raises TrainingError where people, labels or values are too few for any figure.
    """
    plans = tuple(_plans(windows, config))
    fits = sum(len(plan.folds) * (len(learners) * (1 + len(ALARMS)) + 1) + len(learners) for plan in plans)
    done = count(1)
    fitted = lambda: progress(next(done), fits)  # noqa: E731
    tasks = [_Run(windows, plan, config.bootstrap, fitted).report(learners) for plan in plans]
    return {
        "on": windows.kind,
        "held_out": config.hold_out.name,
        "seed": config.seed,
        "train_every_s": config.train_stride_s,
        "score_every_s": config.score_stride_s,
        "interval": f"95 %, {config.draws} draws of people",
        "alarm_bound": 0.5 + MARGIN,
        "too_good": TOO_GOOD,
        "yardstick": learners[0].name,
        "tasks": tasks,
        "sounds": any(alarm["sounds"] for task in tasks for alarm in task["alarms"]),
    }


def _plans(windows: StudyWindows, config: StudyConfig) -> Iterator[Plan]:
    for task in tasks_of(windows, across_sets=config.hold_out.by_set):
        folds = config.hold_out.of(windows, task, config.seed)
        yield Plan(task, folds, config.train_stride_s, config.score_stride_s, config.seed)


@dataclass(frozen=True)
class _Run:
    """One task."""

    windows: StudyWindows
    plan: Plan
    bootstrap: Bootstrap
    fitted: Callable[[], None]

    def report(self, learners: Sequence[Learner]) -> Scores:
        found = {each.name: answers(self.windows, self.plan, each, self.fitted, doubting=True) for each in learners}
        reports = {name: self._learner(answer) for name, answer in found.items()}
        for learner in learners:
            reports[learner.name]["later"] = self._later(learner)
        yardstick = found[learners[0].name].probabilities
        for learner in learners[1:]:
            reports[learner.name]["better_than_yardstick"] = self._better(found[learner.name].probabilities, yardstick)
        alarms = [self._alarm(number, learner) for learner in learners for number in range(len(ALARMS))]
        return {
            "name": self.plan.task.name,
            "labels": list(self.plan.task.labels),
            "sets": list(self.plan.task.sets),
            "folds": len(self.plan.folds),
            "folds_left_out": found[learners[0].name].left_out,
            "chance_balanced_accuracy": 1 / len(self.plan.task.labels),
            "learners": reports,
            "elapsed_time": self._elapsed(),
            "alarms": alarms + [each for name, its in reports.items() for each in self._too_good(name, its)],
        }

    def _learner(self, told: StudyAnswers) -> Scores:
        which = self.plan.scored(self.windows) | self.plan.exercise(self.windows)
        steady = smoothed(self.windows, told.probabilities, which)
        doubts = {name: smoothed(self.windows, each[:, None], which)[:, 0] for name, each in told.doubts.items()}
        return {
            "raw": scores(self.windows, self.plan, told.probabilities, self.bootstrap, doubts=told.doubts),
            "smoothed": scores(self.windows, self.plan, steady, self.bootstrap, doubts=doubts),
        }

    def _later(self, learner: Learner) -> Scores:
        told = later_answers(self.windows, self.plan, learner)
        self.fitted()
        return summary(self.windows, scored_rows(self.windows, self.plan, told), self.bootstrap)

    def _better(self, probabilities: Floats, yardstick: Floats) -> Scores:
        ours, its = (scored_rows(self.windows, self.plan, each) for each in (probabilities, yardstick))
        return better_by(ours, its, self.bootstrap)

    def _elapsed(self) -> Scores:
        clock = ElapsedTime(first_ends_ms(self.windows.dataset))
        told = answers(self.windows, self.plan, clock, self.fitted).probabilities
        return summary(self.windows, scored_rows(self.windows, self.plan, told), self.bootstrap)

    def _alarm(self, number: int, learner: Learner) -> dict[str, Any]:
        alarm = ALARMS[number]
        spoilt = alarm.spoil(self.windows, self.plan.seed)
        told = answers(spoilt, self.plan, learner, self.fitted).probabilities
        found = summary(spoilt, scored_rows(spoilt, self.plan, told), self.bootstrap)
        about = {"name": alarm.name, "meaning": alarm.meaning, "learner": learner.name, "on": self.windows.kind}
        return about | judged(found, self.plan.task)

    def _too_good(self, learner: str, report: Scores) -> Iterator[dict[str, Any]]:
        """Calm against stress in real people, told apart better than anybody honestly does."""
        if self.windows.kind != "real people" or not set(BINARY) <= set(self.plan.task.labels):
            return
        for source, figures in report["raw"]["calm_against_stress"].items():
            auroc = figures["auroc"]["value"]
            yield {
                "name": "too_good",
                "meaning": f"calm against stress on {source} above AUROC {TOO_GOOD:.2f}",
                "learner": learner,
                "on": self.windows.kind,
                "auroc": figures["auroc"],
                "judged": ["auroc"],
                "sounds": auroc is not None and auroc > TOO_GOOD,
            }
