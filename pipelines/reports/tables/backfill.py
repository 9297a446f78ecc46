"""A backfill's summary as a table."""

from collections.abc import Iterator
from typing import Any, Final

from rich.table import Table

PLANNED: Final = ("state", "readings", "late", "users", "windows", "touched_by_late")
DONE: Final = ("same", "changed", "new", "kept")


def parts(summary: dict[str, Any]) -> Iterator[Table | str]:
    """One line per day, then what was done besides."""
    columns = PLANNED if summary["dry_run"] else (*PLANNED, *DONE)
    table = Table("day", *(name.replace("_", " ") for name in columns), box=None, pad_edge=False)
    for day in summary["days"]:
        table.add_row(day["day"], *(_cell(day[name]) for name in columns))
    yield table
    yield from _after(summary)


def _cell(value: str | int) -> str:
    return value if isinstance(value, str) else f"{value:,}"


def _after(summary: dict[str, Any]) -> list[str]:
    return [*(f"left out: {count:,} {reason}" for reason, count in summary["left_out"].items()), *_outcome(summary)]


def _outcome(summary: dict[str, Any]) -> list[str]:
    days = summary["days"]
    recomputed = [day for day in days if day["state"] == "recompute"]
    windows = sum(day["windows"] for day in recomputed)
    if summary["dry_run"]:
        touched = sum(day["touched_by_late"] for day in recomputed)
        return [
            f"would recompute {windows:,} windows of {len(recomputed)} days, {touched:,} of them with late readings;"
            " nothing was written"
        ]
    changed = sum(day["changed"] + day["new"] for day in days)
    superseded = sum(day["superseded"] for day in days)
    before, after = (sum(day[when] for day in summary["compacted"]) for when in ("before", "after"))
    return [
        *([f"archive: {before:,} files of {len(summary['compacted'])} days became {after:,}"] * bool(before)),
        f"recomputed {windows:,} windows of {len(recomputed)} days: {changed:,} rows are changed or new,"
        f" listed in {summary['changes']}",
        *([f"{superseded:,} rows of windows that end at no phase of their users any more gave way"] * bool(superseded)),
        f"online store: {summary['online_rows']:,} users have a newer row",
        f"baselines: {sum(night['users'] for night in summary['baselines']):,} of {len(summary['baselines'])} nights",
    ]
