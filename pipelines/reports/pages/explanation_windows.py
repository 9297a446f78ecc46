"""Single windows of an explanation, and attention over their seconds, as places in plots."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pipelines.reports.tables.explanation import title


@dataclass(frozen=True)
class Step:
    """What a family adds: from where the ones before it had come, in percent of certainty."""

    title: str
    left: float
    width: float
    toward: bool
    text: str


@dataclass(frozen=True)
class Answer:
    """A window and what was said of it."""

    person: str
    time: str
    label: str
    said: str
    sure: float
    expected: float
    steps: list[Step]
    features: list[tuple[str, str, str]]
    """Name, what it adds, and its value."""

    @property
    def right(self) -> bool:
        return self.label == self.said


def answers(report: Mapping[str, Any]) -> list[Answer]:
    """For each label the surest right and the surest wrong answer to a window that has it."""
    found = []
    for label in report["labels"]:
        mine = [window for window in report["windows"] if window["label"] == label]
        for right in (True, False):
            such = [window for window in mine if (window["said"] == label) == right]
            if such:
                found.append(_answer(report, max(such, key=_sure)))
    return found


def _sure(window: Mapping[str, Any]) -> float:
    return float(window["probabilities"][window["said"]])


def _answer(report: Mapping[str, Any], window: Mapping[str, Any]) -> Answer:
    expected = report["shap"]["expected"][window["said"]]
    return Answer(
        person=window["person"],
        time=f"{datetime.fromtimestamp(window['window_end_ms'] / 1000, UTC):%Y-%m-%d %H:%M:%S}",
        label=window["label"],
        said=window["said"],
        sure=100 * _sure(window),
        expected=100 * expected,
        steps=_steps(window["families"], expected),
        features=[_feature(each) for each in window["features"]],
    )


def _steps(families: Sequence[Mapping[str, Any]], expected: float) -> list[Step]:
    found, at = [], expected
    for each in families:
        ends = sorted((at, at + each["contribution"]))
        if each["contribution"]:
            text = _signed(each["contribution"])
            width = round(100 * (ends[1] - ends[0]), 2)
            found.append(Step(title(each["name"]), round(100 * ends[0], 2), width, each["contribution"] > 0, text))
        at += each["contribution"]
    return found


def _feature(each: Mapping[str, Any]) -> tuple[str, str, str]:
    if each["value"] is None:
        value = "second by second" if each["name"].endswith("_sequence") else "missing"
    else:
        value = f"{each['value']:.4g}"
        value += "" if each["from_rest"] is None else f", {each['from_rest']:+.3g} from rest"
    return each["name"], _signed(each["contribution"]), value


def _signed(contribution: float) -> str:
    """In points of certainty.

    >>> _signed(0.123), _signed(-0.02)
    ('+12.3', '−2.0')
    """
    return f"{100 * contribution:+.1f}".replace("-", "−")


@dataclass(frozen=True)
class Looks:
    """Where a member looks: a line per label in a box of 100 by 100, and where uniform attention would lie."""

    name: str
    weight: float
    lines: dict[str, str]
    uniform: float
    highest: str


def looks(report: Mapping[str, Any]) -> list[Looks]:
    """Of each member that attends."""
    attention = report["attention"]
    return [_looks(member, attention["uniform"]) for member in attention["members"]]


def _looks(member: Mapping[str, Any], uniform: float) -> Looks:
    top = 1.1 * max([uniform, *(second for seconds in member["labels"].values() for second in seconds)])
    lines = {
        label: " ".join(
            f"{100 * (at + 0.5) / len(seconds):.2f},{100 * (1 - second / top):.2f}" for at, second in enumerate(seconds)
        )
        for label, seconds in member["labels"].items()
    }
    return Looks(member["name"], member["weight"], lines, round(100 * (1 - uniform / top), 2), f"{100 * top:.1f} %")
