"""An evaluation's figures as places in plots: percent from the left, percent from the top."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import cycle
from typing import Any, Final

from pipelines.reports.colours import BLUE, GREEN, ORANGE, PURPLE, VERMILION
from pipelines.reports.tables.evaluation import learner, shown

GREY: Final = "#767d8a"
COLOURS: Final = {"forest": GREY, "boosting": BLUE, "wide_forest": ORANGE, "ensemble": VERMILION}
SPARE: Final = (PURPLE, GREEN)
LEAST_AUROC: Final = 0.3
TICKS: Final = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


@dataclass(frozen=True)
class Whisker:
    """A figure and its interval on a line."""

    title: str
    text: str
    colour: str
    model: bool
    """Drawn full; what is no model is drawn hollow."""
    at: float | None
    left: float | None
    right: float | None


@dataclass(frozen=True)
class Line:
    """A learner's curve in a box of 100 by 100."""

    name: str
    colour: str
    points: list[tuple[float, float, float, str]]
    """From the left, from the top, diameter in pixels, and what the pointer shows."""

    @property
    def path(self) -> str:
        return " ".join(f"{x:.2f},{y:.2f}" for x, y, *_ in self.points)


def colours(names: list[str]) -> dict[str, str]:
    """A colour per learner."""
    spare = cycle(SPARE)
    return {name: COLOURS.get(name) or next(spare) for name in names}


def place(auroc: float) -> float:
    """Percent from the left on the scale of AUROC; beyond its ends: at the end.

    >>> place(0.3), place(0.65), place(1.0), place(0.1)
    (0.0, 50.0, 100.0, 0.0)
    """
    return round(min(max((auroc - LEAST_AUROC) / (1 - LEAST_AUROC), 0.0), 1.0) * 100, 2)


def whiskers(task: Mapping[str, Any], palette: Mapping[str, str]) -> list[Whisker]:
    """AUROC of every learner, raw and smoothed, then of what must not be a model."""
    found = [
        _whisker(f"{learner(name)}, {kind}", its[kind]["auroc"], palette[name], model=True)
        for name, its in task["learners"].items()
        for kind in ("raw", "smoothed")
    ]
    found.append(_whisker("elapsed time alone", task["elapsed_time"]["auroc"], GREY, model=False))
    return found


def whisker_of_alarm(alarm: Mapping[str, Any]) -> Whisker:
    """What the alarm is judged by."""
    red = "#a33b3b" if alarm["sounds"] else GREY
    return _whisker(alarm["meaning"], alarm[alarm["judged"][0]], red, model=alarm["sounds"])


def reliability(task: Mapping[str, Any], palette: Mapping[str, str]) -> list[Line]:
    """Share of right answers by confidence, of smoothed answers."""
    return [
        Line(
            learner(name),
            palette[name],
            [
                (
                    100 * each["confidence"],
                    100 * (1 - each["accuracy"]),
                    round(4 + 14 * (each["windows"] / max(its["smoothed"]["windows"], 1)) ** 0.5, 1),
                    f"{learner(name)}: {each['accuracy']:.0%} right where it is {each['confidence']:.0%} sure,"
                    f" {each['windows']:,} windows",
                )
                for each in its["smoothed"]["reliability"]
            ],
        )
        for name, its in task["learners"].items()
    ]


def risk_coverage(task: Mapping[str, Any], palette: Mapping[str, str]) -> list[Line]:
    """Share of wrong answers (to a half, which is the box's height) by share answered, of smoothed answers."""
    return [
        Line(
            learner(name),
            palette[name],
            [
                (
                    100 * each["coverage"],
                    100 - 200 * min(each["risk"], 0.5),
                    0.0,
                    f"{learner(name)}: {each['risk']:.1%} wrong of the {each['coverage']:.0%} answered",
                )
                for each in its["smoothed"]["risk_coverage"]["points"]
            ],
        )
        for name, its in task["learners"].items()
    ]


def people(task: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each person's AUROC by learner, smoothed; the last learner's lowest first, unknown ones at the end."""
    per_learner = {name: its["smoothed"]["per_person"] for name, its in task["learners"].items()}
    last = next(reversed(per_learner.values()))

    def worst_first(person: str) -> tuple[bool, float]:
        auroc = last[person].get("auroc")
        return (auroc is None, auroc or 0.0)

    return [
        {
            "person": person,
            "set": last[person]["set"],
            "windows": last[person]["windows"],
            "reason": last[person].get("reason"),
            "auroc": {name: each[person]["auroc"] for name, each in per_learner.items()},
            "balanced_accuracy": {name: each[person]["balanced_accuracy"] for name, each in per_learner.items()},
        }
        for person in sorted(last, key=worst_first)
    ]


def shares(confusion: list[list[int]]) -> list[list[float | None]]:
    """Each row of counts as shares of the row; None where the row is empty.

    >>> shares([[3, 1], [0, 0]])
    [[0.75, 0.25], [None, None]]
    """
    return [[count / sum(row) if sum(row) else None for count in row] for row in confusion]


def _whisker(title: str, figure: Mapping[str, Any], colour: str, *, model: bool) -> Whisker:
    at, left, right = (
        place(figure[name]) if figure.get(name) is not None else None for name in ("value", "low", "high")
    )
    return Whisker(title, shown(dict(figure)), colour, model, at, left, right)
