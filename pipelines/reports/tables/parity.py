"""A verdict on parity in words, and for a terminal."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from rich.table import Column as Heading
from rich.table import Table

from pipelines.parity.comparison import ColumnDifferences, ComparedRows, Window, Worst
from pipelines.parity.verdict import Verdict

SHOWN: Final = 10


def parts(verdict: Verdict) -> Iterator[Table | str]:
    """Counts of rows, the columns that differ most, and the verdict."""
    found, late = verdict.found, "with" if verdict.terms.late else "without"
    yield f"{verdict.first_day} to {verdict.last_day}, {late} late readings: {found.compared:,} rows compared"
    yield f"  missing  {_rows(found.missing)}"
    yield f"  extra    {_rows(found.extra)}"
    yield f"  differ   {_rows(found.differing)}" + _of_samples(found.differing_samples)
    unequal = found.worst_columns()
    if unequal:
        yield _columns(verdict)
        yield from (_example(name, column.worst) for name, column in unequal[:1] if column.worst)
    if len(unequal) > SHOWN:
        yield f"{len(unequal) - SHOWN} more columns have differences"
    yield judged(verdict)


def judged(verdict: Verdict) -> str:
    """The verdict in one sentence."""
    if not verdict.unlike:
        return f"the same: no row is missing, extra or different beyond {verdict.terms.tolerance:g}"
    side = "within" if verdict.within else "over"
    rows = f"{verdict.unlike:,} of {verdict.found.rows:,} rows ({rate(verdict.mismatch_rate)})"
    return f"{side} the threshold: {rows} are not the same; {rate(verdict.terms.max_mismatch_rate)} may"


def rate(share: float) -> str:
    """A share, however small.

    >>> rate(0.0), rate(0.25), rate(1 / 172_800), rate(1.0)
    ('0 %', '25 %', '0.000579 %', '100 %')
    """
    return f"{100 * share:.3g} %"


def apart(relative: float) -> str:
    """A relative difference; without a number where one side is missing.

    >>> apart(0.0), apart(0.00123), apart(float("inf"))
    ('0', '0.0012', 'one missing')
    """
    return "one missing" if relative == float("inf") else f"{relative:.2g}"


def absolute(column: ColumnDifferences) -> str:
    """The largest absolute difference; a dash where one side was missing whenever they differed.

    >>> known = ColumnDifferences(1, one_sided=0, largest_absolute=0.00123)
    >>> absolute(known), absolute(ColumnDifferences(1, one_sided=1))
    ('0.0012', '–')
    """
    return "–" if column.one_sided and not column.largest_absolute else f"{column.largest_absolute:.2g}"


def number(value: float | None) -> str:
    """A stored number with all its digits.

    >>> number(0.1), number(None)
    ('0.1', 'missing')
    """
    return "missing" if value is None else repr(value)


def window(found: Window) -> str:
    """Whose, and when it begins.

    >>> window(Window(60_000, "ann"))
    'ann, 1970-01-01 00:01:00'
    """
    return f"{found.user_id}, {datetime.fromtimestamp(found.window_start_ms // 1000, UTC):%Y-%m-%d %H:%M:%S}"


def _rows(found: ComparedRows) -> str:
    return f"{found.count:>9,}" + (f"   first: {window(found.first)}" if found.first else "")


def _of_samples(found: ComparedRows) -> str:
    return f"; {found.count:,} of them in their number of samples" if found.count else ""


def _columns(verdict: Verdict) -> Table:
    right = [Heading(name, justify="right") for name in ("mismatches", "rate", "relative", "absolute")]
    table = Table("column", *right)
    for name, column in verdict.found.worst_columns()[:SHOWN]:
        share = rate(column.mismatches / verdict.found.compared)
        largest = (apart(column.largest_relative), absolute(column))
        table.add_row(name, f"{column.mismatches:,}", share, *largest)
    return table


def _example(name: str, worst: Worst) -> str:
    stored, recomputed = number(worst.stored), number(worst.recomputed)
    return f"{name} of {window(worst.window)}: stored {stored}, recomputed {recomputed}"
