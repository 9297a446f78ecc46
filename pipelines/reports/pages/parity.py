"""A verdict on parity as one HTML file: the verdict, where differences are, and an example of each."""

import math
from dataclasses import dataclass
from itertools import cycle
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from pipelines.features.compute import VECTOR_NAMES
from pipelines.parity.comparison import ColumnDifferences
from pipelines.parity.verdict import Verdict
from pipelines.reports.pages.page import ASSETS, thousands
from pipelines.reports.tables.parity import absolute, apart, judged, number, rate, window
from schemas.channels import CHANNEL_INDEX, CHANNELS
from schemas.feature_table import EVIDENCE_FIGURES, EVIDENCE_NAMES, FEATURE_INDEX, FEATURES

WORST: Final = 25
UNITS: Final = (
    dict.fromkeys(VECTOR_NAMES, "1")
    | {feature.name: feature.unit for feature in FEATURES}
    | {figure.name: figure.unit for figure in EVIDENCE_FIGURES}
)
LANES: Final = (50, 35, 65, 20, 80)
"""Percent from the top, in turn, so that dots of equal value do not hide each other."""


@dataclass(frozen=True)
class ParityScale:
    """Decades, left to right; zero and infinity have places of their own beside them."""

    lowest: int
    highest: int

    def place(self, value: float) -> float:
        """Percent from the left; beyond the ends: at the end.

        >>> ParityScale(-6, 0).place(1e-3), ParityScale(-6, 0).place(1e-9), ParityScale(-6, 0).place(2.0)
        (50.0, 0.0, 100.0)
        """
        decades = self.highest - self.lowest
        return min(max(100 * (math.log10(value) - self.lowest) / decades, 0.0), 100.0)

    def ticks(self, every: int) -> list[tuple[float, int]]:
        """Places of some powers of ten, and which."""
        return [(self.place(10.0**power), power) for power in range(self.lowest, self.highest + 1, every)]


RATES: Final = ParityScale(-6, 0)
DIFFERENCES: Final = ParityScale(-16, 0)


@dataclass(frozen=True)
class ParityDot:
    """A column: how often it mismatches, and by how much; None: at no place on the scale."""

    title: str
    mismatches: bool
    rate: float | None
    difference: float | None
    top: int


@dataclass(frozen=True)
class Group:
    """Columns made from one sensor. `never` mismatch; `equal` do not differ at all."""

    title: str
    columns: int
    never: int
    equal: int
    one_sided: int
    dots: list[ParityDot]


def rendered(verdict: Verdict) -> str:
    """The page's text."""
    environment = Environment(loader=PackageLoader(__package__, "assets"), autoescape=True, undefined=StrictUndefined)
    environment.filters |= {each.__name__: each for each in (thousands, rate, apart, absolute, number, window)}
    unequal = verdict.found.worst_columns()
    return environment.get_template("parity.html").render(
        verdict=verdict,
        found=verdict.found,
        judged=judged(verdict),
        groups=groups(verdict),
        rates=RATES,
        differences=DIFFERENCES,
        tolerance=DIFFERENCES.place(verdict.terms.tolerance) if verdict.terms.tolerance else 0.0,
        worst=unequal[:WORST],
        more=len(unequal) - len(unequal[:WORST]),
        units=UNITS,
        style=(ASSETS / "page.css").read_text(encoding="utf-8"),
        own_style=(ASSETS / "parity.css").read_text(encoding="utf-8"),
    )


def groups(verdict: Verdict) -> list[Group]:
    """All columns by what they are made from, in stored order."""
    held: dict[str, list[tuple[str, ColumnDifferences]]] = {}
    for name, column in zip(VECTOR_NAMES, verdict.found.columns, strict=True):
        held.setdefault(_title(name), []).append((name, column))
    return [_group(title, columns, verdict.found.compared) for title, columns in held.items()]


def _title(name: str) -> str:
    """The sensor of a feature, in words; coverage, quality and evidence are groups of their own.

    >>> _title("acc_energy"), _title("gyro_z_min"), _title("coverage_hr"), _title("ibi_corrected")
    ('acceleration', 'angular rate', 'coverage', 'evidence')
    """
    if name in EVIDENCE_NAMES:
        return "evidence"
    if name not in FEATURE_INDEX:
        return name.partition("_")[0]
    channel = FEATURES[FEATURE_INDEX[name]].inputs[0]
    return CHANNELS[CHANNEL_INDEX[channel]].description.partition(",")[0]


def _group(title: str, columns: list[tuple[str, ColumnDifferences]], compared: int) -> Group:
    unequal = [pair for pair in columns if pair[1].worst]
    return Group(
        title,
        columns=len(columns),
        never=sum(not column.mismatches for _, column in columns),
        equal=len(columns) - len(unequal),
        one_sided=sum(column.one_sided > 0 for _, column in columns),
        dots=[_dot(pair, compared, top) for pair, top in zip(unequal, cycle(LANES), strict=False)],
    )


def _dot(named: tuple[str, ColumnDifferences], compared: int, top: int) -> ParityDot:
    name, column = named
    share, largest = column.mismatches / compared, column.largest_relative
    return ParityDot(
        title=f"{name}: {rate(share)} mismatch, relative difference up to {apart(largest)}",
        mismatches=column.mismatches > 0,
        rate=RATES.place(share) if share else None,
        difference=DIFFERENCES.place(largest) if math.isfinite(largest) else None,
        top=top,
    )
