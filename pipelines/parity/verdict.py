"""Whether streamed and recomputed rows are the same, as much as was asked for."""

import math
from dataclasses import dataclass
from typing import Any

from pipelines.features.compute import VECTOR_NAMES
from pipelines.parity.comparison import ColumnDifferences, ComparedRows, RowComparison
from pipelines.parity.terms import ParityTerms


@dataclass(frozen=True)
class Verdict:
    """What was found from the first to the last day; there is at least one row."""

    first_day: str
    last_day: str
    terms: ParityTerms
    found: RowComparison

    @property
    def unlike(self) -> int:
        """Rows that are missing, extra, or differ."""
        return self.found.missing.count + self.found.extra.count + self.found.differing.count

    @property
    def mismatch_rate(self) -> float:
        """Their share of all rows."""
        return self.unlike / self.found.rows

    @property
    def within(self) -> bool:
        return self.mismatch_rate <= self.terms.max_mismatch_rate

    def as_json(self) -> dict[str, Any]:
        """All figures. What is missing or cannot be said is null; an infinite number is the text `inf` or `-inf`."""
        found = self.found
        named = ("missing", "extra", "differing", "differing_samples")
        rows: dict[str, ComparedRows] = {name: getattr(found, name) for name in named}
        return {
            "from": self.first_day,
            "to": self.last_day,
            "late_readings": self.terms.late,
            "tolerance": self.terms.tolerance,
            "max_mismatch_rate": self.terms.max_mismatch_rate,
            "within": self.within,
            "mismatch_rate": self.mismatch_rate,
            "compared": found.compared,
            **{name: each.count for name, each in rows.items()},
            **{f"first_{name}": each.first and vars(each.first) for name, each in rows.items()},
            "columns": {
                name: _column(column, found.compared) for name, column in zip(VECTOR_NAMES, found.columns, strict=True)
            },
        }


def _column(column: ColumnDifferences, compared: int) -> dict[str, Any]:
    worst = column.worst and {
        **vars(column.worst.window),
        "stored": _number(column.worst.stored),
        "recomputed": _number(column.worst.recomputed),
    }
    return {
        "mismatches": column.mismatches,
        "mismatch_rate": column.mismatches / compared if compared else None,
        "one_sided": column.one_sided,
        "largest_relative_difference": _number(column.largest_relative) if compared else None,
        "largest_absolute_difference": _number(column.largest_absolute) if compared else None,
        "worst": worst,
    }


def _number(value: float | None) -> float | str | None:
    """A number as JSON can say it.

    >>> _number(0.5), _number(float("inf")), _number(None)
    (0.5, 'inf', None)
    """
    return str(value) if value is not None and math.isinf(value) else value
