"""Two tables of the same windows compared, row by row and number by number."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from feature_repo.columns import EVENT_TIMESTAMP, JOIN_KEY
from pipelines.features.compute import VECTOR_NAMES
from pipelines.signals.series.segments import Floats


def relative_difference(one: Floats, other: Floats) -> Floats:
    """|a - b| over the greater magnitude, elementwise; shapes must fit.

    0 where both are equal or both missing (NaN), infinite where one alone is missing.

    >>> relative_difference(np.array([1.0, np.nan, 0.0, 2.0]), np.array([1.0, np.nan, 0.0, 1.0])).tolist()
    [0.0, 0.0, 0.0, 0.5]
    """
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    with np.errstate(invalid="ignore"):
        apart = np.abs(one - other)
        found = np.divide(apart, np.maximum(np.abs(one), np.abs(other)), out=np.zeros_like(apart), where=~same)
    return np.where(same, 0.0, np.where(np.isnan(found), np.inf, found))


START: Final = "window_start_ms"
KEYS: Final = [START, JOIN_KEY, EVENT_TIMESTAMP]


@dataclass(frozen=True, order=True)
class Window:
    """Which row."""

    window_start_ms: int
    user_id: str


@dataclass(frozen=True)
class ComparedRows:
    """So many rows, the earliest of them by name."""

    count: int = 0
    first: Window | None = None

    def __add__(self, other: Self) -> "ComparedRows":
        return ComparedRows(self.count + other.count, min(filter(None, (self.first, other.first)), default=None))


@dataclass(frozen=True)
class Worst:
    """A number and what it should be; None is missing. `relative` is infinite where one of them alone is missing."""

    relative: float
    window: Window
    stored: float | None
    recomputed: float | None


@dataclass(frozen=True)
class ColumnDifferences:
    """One column's differences. `worst` has the largest relative one, of equals the earliest; None: all are equal.

    `one_sided` are the mismatches where one number is missing; they have no absolute difference.
    """

    mismatches: int = 0
    one_sided: int = 0
    largest_absolute: float = 0.0
    worst: Worst | None = None

    @property
    def largest_relative(self) -> float:
        return self.worst.relative if self.worst else 0.0

    def __add__(self, other: Self) -> "ColumnDifferences":
        found = filter(None, (self.worst, other.worst))
        return ColumnDifferences(
            self.mismatches + other.mismatches,
            self.one_sided + other.one_sided,
            max(self.largest_absolute, other.largest_absolute),
            min(found, key=lambda each: (-each.relative, each.window), default=None),
        )


@dataclass(frozen=True)
class RowComparison:
    """What comparing gave. The sum of two is the comparison of both their rows, in any order and grouping."""

    compared: int = 0
    missing: ComparedRows = ComparedRows()
    """Recomputed, but not stored."""
    extra: ComparedRows = ComparedRows()
    """Stored, but not recomputed."""
    differing_samples: ComparedRows = ComparedRows()
    differing: ComparedRows = ComparedRows()
    """In `samples` or in any column."""
    columns: tuple[ColumnDifferences, ...] = (ColumnDifferences(),) * len(VECTOR_NAMES)
    """In the order of `VECTOR_NAMES`."""

    @property
    def rows(self) -> int:
        """All windows that either side has."""
        return self.compared + self.missing.count + self.extra.count

    def worst_columns(self) -> list[tuple[str, ColumnDifferences]]:
        """Columns with any difference, most mismatches first, then by their largest relative difference."""
        unequal = [pair for pair in zip(VECTOR_NAMES, self.columns, strict=True) if pair[1].worst]
        return sorted(unequal, key=lambda pair: (-pair[1].mismatches, -pair[1].largest_relative))

    def __add__(self, other: Self) -> "RowComparison":
        return RowComparison(
            self.compared + other.compared,
            self.missing + other.missing,
            self.extra + other.extra,
            self.differing_samples + other.differing_samples,
            self.differing + other.differing,
            tuple(one + another for one, another in zip(self.columns, other.columns, strict=True)),
        )


def total(comparisons: Iterable[RowComparison]) -> RowComparison:
    """The comparison of all their rows.

    >>> total([]).rows
    0
    """
    return sum(comparisons, start=RowComparison())


def compare(stored: pa.Table, recomputed: pa.Table, *, tolerance: float) -> RowComparison:
    """Both are tables of window features, each window once, in any order; joined by user and window.

    Numbers mismatch where their relative difference exceeds `tolerance`. Missing (NaN) equals missing and nothing else.
    """
    sides = {"stored": stored, "recomputed": recomputed}
    joined = _joined(sides)
    both = joined[joined["side"] == "both"]
    one, other = (table.take(both[side].to_numpy(int)) for side, table in sides.items())
    columns = [_column(both, one[name].to_numpy(), other[name].to_numpy(), tolerance) for name in VECTOR_NAMES]
    samples = one["samples"].to_numpy() != other["samples"].to_numpy()
    return RowComparison(
        compared=len(both),
        missing=_rows(joined[joined["side"] == "right_only"]),
        extra=_rows(joined[joined["side"] == "left_only"]),
        differing_samples=_rows(both[samples]),
        differing=_rows(both[np.any([samples, *(mismatch for _, mismatch in columns)], axis=0)]),
        columns=tuple(column for column, _ in columns),
    )


def _joined(sides: Mapping[str, pa.Table]) -> pd.DataFrame:
    """Every window of either side with its place in both, earliest first."""
    keys = [table.select(KEYS).to_pandas().assign(**{side: np.arange(len(table))}) for side, table in sides.items()]
    return keys[0].merge(keys[1], on=KEYS, how="outer", sort=True, indicator="side", validate="one_to_one")


def _rows(joined: pd.DataFrame) -> ComparedRows:
    return ComparedRows(len(joined), _window(joined, 0) if len(joined) else None)


def _window(joined: pd.DataFrame, place: int) -> Window:
    return Window(int(joined[START].iloc[place]), str(joined[JOIN_KEY].iloc[place]))


def _column(
    both: pd.DataFrame, one: Floats, other: Floats, tolerance: float
) -> tuple[ColumnDifferences, NDArray[np.bool_]]:
    """A column's differences, and which rows mismatch."""
    relative = relative_difference(one, other)
    with np.errstate(invalid="ignore"):
        absolute = np.abs(one - other)
    mismatch = relative > tolerance
    column = ColumnDifferences(
        mismatches=int(mismatch.sum()),
        one_sided=int((np.isnan(one) != np.isnan(other)).sum()),
        largest_absolute=float(np.fmax.reduce(absolute, initial=0.0)),
        worst=_worst(both, one, other, relative) if relative.any() else None,
    )
    return column, mismatch


def _worst(both: pd.DataFrame, one: Floats, other: Floats, relative: Floats) -> Worst:
    at = int(relative.argmax())
    values = [None if np.isnan(side[at]) else float(side[at]) for side in (one, other)]
    return Worst(float(relative[at]), _window(both, at), values[0], values[1])
