"""An explanation's figures as places in plots: percent from the left, percent from the top."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from pipelines.reports.tables.evaluation import short
from pipelines.reports.tables.explanation import drop, title
from schemas.feature_table import FEATURE_INDEX, FEATURES

FEATURES_SHOWN: Final = 15
LANE: Final = 9.0
"""Percent of a strip's height between dots that lie beside each other."""
LANES: Final = 5
"""On either side of the middle."""
SHADES: Final = 5


@dataclass(frozen=True)
class Scale:
    """From the leftmost value to the rightmost one."""

    low: float
    high: float

    def place(self, value: float) -> float:
        """Percent from the left.

        >>> Scale(-1.0, 1.0).place(0.5)
        75.0
        """
        return round(100 * (value - self.low) / (self.high - self.low), 2)


@dataclass(frozen=True)
class Bar:
    """A drop from zero on, with its spread."""

    title: str
    hint: str
    left: float
    width: float
    spread_left: float
    spread_width: float
    auroc: str
    balanced_accuracy: str


def hint(name: str) -> str:
    """What a factor is, in words.

    >>> hint("hr_sequence")
    'hr, second by second'
    """
    if name not in FEATURE_INDEX:
        return f"{name.removesuffix('_sequence')}, second by second"
    feature = FEATURES[FEATURE_INDEX[name]]
    return f"{feature.description} ({feature.unit}), and its distance from rest"


@dataclass(frozen=True)
class Bars:
    """Drops on one scale; `zero` is where none lies."""

    bars: list[Bar]
    zero: float


def bars(entries: Sequence[Mapping[str, Any]]) -> Bars:
    """The first ones, by drop in AUROC."""
    shown = entries[:FEATURES_SHOWN]
    ends = [entry["auroc"]["drop"] + sign * entry["auroc"]["spread"] for entry in shown for sign in (-1, 1)]
    low = min([0.0, *ends])
    scale = Scale(low, max([low + 0.001, *ends]) * 1.02)
    return Bars([_bar(entry, scale) for entry in shown], scale.place(0.0))


def _bar(entry: Mapping[str, Any], scale: Scale) -> Bar:
    family = "family" not in entry
    auroc = entry["auroc"]
    ends = sorted((scale.place(0.0), scale.place(auroc["drop"])))
    spread = [scale.place(auroc["drop"] + sign * auroc["spread"]) for sign in (-1, 1)]
    return Bar(
        title=title(entry["name"]) if family else entry["name"],
        hint="all its features and seconds together" if family else hint(entry["name"]),
        left=ends[0],
        width=round(ends[1] - ends[0], 2),
        spread_left=spread[0],
        spread_width=round(spread[1] - spread[0], 2),
        auroc=drop(auroc),
        balanced_accuracy=drop(entry["balanced_accuracy"]),
    )


@dataclass(frozen=True)
class Dot:
    """A window; `shade` tells the feature's value from low (0) to high (4), None: not a number."""

    left: float
    top: float
    shade: int | None


@dataclass(frozen=True)
class Strip:
    """The windows' contributions of one factor to one label."""

    name: str
    hint: str
    text: str
    dots: list[Dot]


def strips(report: Mapping[str, Any], label: str, scale: Scale) -> list[Strip]:
    """Of the factors of the largest mean size for this label."""
    shap = report["shap"]
    largest = sorted(shap["features"], key=lambda entry: -entry["mean_absolute"][label])
    named = [entry for entry in largest if entry["name"] in shap["factors"]][:FEATURES_SHOWN]
    return [_strip(report, entry, label, scale) for entry in named]


def contributions(report: Mapping[str, Any]) -> Scale:
    """One scale for all labels, zero in the middle."""
    each = [abs(value) for window in report["windows"] for of in window["contributions"].values() for value in of]
    most = max([*each, 0.01])
    return Scale(-most * 1.03, most * 1.03)


def _strip(report: Mapping[str, Any], entry: Mapping[str, Any], label: str, scale: Scale) -> Strip:
    at = report["shap"]["factors"].index(entry["name"])
    lefts = [scale.place(window["contributions"][label][at]) for window in report["windows"]]
    shaded = shades([_shown(window, at) for window in report["windows"]])
    dots = [Dot(left, top, shade) for left, top, shade in zip(lefts, tops(lefts), shaded, strict=True)]
    return Strip(entry["name"], hint(entry["name"]), short(entry["mean_absolute"][label]), dots)


def _shown(window: Mapping[str, Any], at: int) -> float | None:
    """How far from rest where rest is known, else the value."""
    from_rest: float | None = window["from_rest"][at]
    return window["values"][at] if from_rest is None else from_rest


def shades(values: Sequence[float | None]) -> list[int | None]:
    """Fifths of the known values, by rank.

    >>> shades([3.0, None, 1.0])
    [4, None, 0]
    """
    known = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    ordered = np.sort(known[np.isfinite(known)])
    last = max(len(ordered) - 1, 1)
    ranks = np.searchsorted(ordered, known)
    return [
        min(int(SHADES * rank / last), SHADES - 1) if np.isfinite(value) else None
        for rank, value in zip(ranks.tolist(), known, strict=True)
    ]


def tops(lefts: Sequence[float]) -> list[float]:
    """Beside each other where they would cover each other.

    >>> tops([10.0, 10.2, 10.4, 50.0])
    [50.0, 59.0, 41.0, 50.0]
    """
    taken: dict[int, int] = {}
    found = []
    for left in lefts:
        turn = taken.get(round(left), 0)
        taken[round(left)] = turn + 1
        lane = (turn + 1) // 2 % (LANES + 1)
        found.append(50 + LANE * lane * (1 if turn % 2 else -1) if lane else 50.0)
    return found
