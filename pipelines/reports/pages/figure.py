"""A person's track as what the page shows, row by row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipelines.reports.pages.agreement import Agreement
from pipelines.reports.pages.curves import Curve, curve
from pipelines.reports.pages.heat_map import heat_map
from pipelines.reports.pages.timeline import Segment, Tick, Timeline, segments
from pipelines.reports.pages.tracks import PersonTrack
from schemas.channels import CHANNELS, Channel
from schemas.feature_table import FEATURES, Feature

ABSTAINED: Final = "abstained"

TITLES: Final = {
    "hr_mean": "heart rate",
    "gsr_mean": "skin conductance",
    "eda_scl": "skin conductance",
    "temp_mean": "skin temperature",
    "acc_mag_std": "motion",
}
"""Plainer than the tables' descriptions, for the signals that most people know."""

_DECLARED: Final[tuple[Channel | Feature, ...]] = (*CHANNELS, *FEATURES)
_UNITS: Final = {item.name: item.unit for item in _DECLARED}
_DESCRIPTIONS: Final = {item.name: item.description for item in _DECLARED}


@dataclass(frozen=True)
class SignalRow:
    """One signal."""

    title: str
    unit: str
    curve: Curve


@dataclass(frozen=True)
class HeatRow:
    """One network's probabilities, or the ensemble's."""

    title: str
    image: str


@dataclass(frozen=True)
class Figure:
    """All rows of a person; `values` is what the pointer shows."""

    user_id: str
    period: str
    agreement: Agreement
    ticks: list[Tick]
    changes: list[float]
    signals: list[SignalRow]
    members: list[HeatRow]
    ensemble: HeatRow
    confidence: Curve
    said: list[Segment]
    truth: list[Segment]
    values: dict[str, Any]


def figure(track: PersonTrack, palette: Mapping[str, str]) -> Figure:
    """Everything about one person; `palette` maps each label to its colour, in the order of probabilities."""
    ends = track.window_end_ms
    timeline = Timeline.of(ends)
    rows = list(palette.values())

    def heat(title: str, shares: NDArray[np.float64]) -> HeatRow:
        return HeatRow(title, heat_map(timeline.spread(ends, shares), rows))

    confidence = 100 * track.smoothed.max(axis=1)
    said = [ABSTAINED if silent else name for name, silent in zip(track.emotion, track.abstained, strict=True)]
    truth = segments(timeline, ends, track.truth)
    return Figure(
        user_id=track.user_id,
        period=_period(ends),
        agreement=Agreement.of([track]),
        ticks=timeline.ticks(),
        changes=[after.left for before, after in pairwise(truth) if before.kind != after.kind],
        signals=[_signal(name, timeline.spread(ends, values)) for name, values in track.signals.items()],
        members=[heat(name, shares) for name, shares in track.members.items()],
        ensemble=heat("ensemble", track.probabilities),
        confidence=curve(timeline.spread(ends, confidence), (0.0, 100.0)),
        said=segments(timeline, ends, said),
        truth=truth,
        values=_values(track, timeline, confidence, said),
    )


def _signal(name: str, values: NDArray[np.float64]) -> SignalRow:
    title = TITLES.get(name) or _DESCRIPTIONS.get(name, name)
    return SignalRow(title, _UNITS.get(name, ""), curve(values))


def _values(
    track: PersonTrack, timeline: Timeline, confidence: NDArray[np.float64], said: Sequence[str | None]
) -> dict[str, Any]:
    signals = [
        {"unit": _UNITS.get(name, ""), "title": TITLES.get(name, name), "at": _short(values)}
        for name, values in track.signals.items()
    ]
    return {
        "start": timeline.start_ms,
        "length": timeline.slots * timeline.step_ms,
        "ends": (track.window_end_ms - timeline.start_ms).tolist(),
        "said": list(said),
        "truth": list(track.truth),
        "confidence": _short(confidence),
        "signals": signals,
    }


def _short(values: NDArray[np.float64]) -> list[float | None]:
    return [float(f"{value:.3g}") if np.isfinite(value) else None for value in values]


def _period(ends: NDArray[np.int64]) -> str:
    first, last = (datetime.fromtimestamp(int(ms) / 1000, UTC) for ms in (ends[0], ends[-1]))
    until = f"{last:%H:%M}" if first.date() == last.date() else f"{last:%Y-%m-%d %H:%M}"
    return f"{first:%Y-%m-%d %H:%M} to {until} UTC"
