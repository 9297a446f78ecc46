"""Days cut into bins of about equal work, after what the archive holds."""

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from feature_repo import partitions
from pipelines.archive.bins import READINGS_AT_ONCE, Bin
from pipelines.archive.days import DAY_MS, day_before, start_ms
from pipelines.archive.survey import Survey, survey


def occupied(days: Iterable[str], archive: Path, offline: Path) -> list[str]:
    """Those days that may have windows: with readings, on them or the day before, or with stored rows."""
    with_readings, with_rows = set(partitions.days(archive)), set(partitions.days(offline))
    return [day for day in days if {day, day_before(day)} & with_readings or day in with_rows]


def plan_bins(archive: Path, days: Iterable[str]) -> list[Bin]:
    """All bins of some days, in order of time."""
    return [part for day in days for part in bins(survey(archive, day))]


def bins(found: Survey, *, at_once: int = READINGS_AT_ONCE) -> list[Bin]:
    """A day without gap or overlap; each bin holds at most `at_once` readings, or one minute."""
    begin_ms = start_ms(found.day)
    edges, held = [begin_ms], 0
    for minute, readings in enumerate(found.per_minute.tolist()):
        if held and held + readings > at_once:
            edges.append(begin_ms + minute * 60_000)
            held = 0
        held += readings
    edges.append(begin_ms + DAY_MS)
    return [Bin(first, last) for first, last in pairwise(edges)]
