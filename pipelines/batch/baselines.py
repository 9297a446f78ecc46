"""A night's baselines: everybody's resting level of the days before a midnight, into the feature store."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from feature_repo import partitions
from feature_repo.columns import USER_BASELINE
from feature_repo.folders import offline_folder
from feature_repo.partitions import day_folder, files
from pipelines.archive.days import DAY_MS, Days, day_of, start_ms
from pipelines.baselines.rows import opened, write_online
from pipelines.batch.baseline_job import Publish, RestOfDay, is_made_from, left_out, steps
from pipelines.batch.engine import pipeline_options, run
from pipelines.batch.generation import fingerprint
from pipelines.core.errors import InputError, SettingsError
from pipelines.core.settings import Settings

HISTORY_DAYS: Final = 7
FILE: Final = "nightly.parquet"
WORTH_A_WORKER: Final = 2_000_000
"""Offline rows that are read in the time that a local worker takes to start."""


@dataclass(frozen=True)
class BaselineSummary:
    """What a night did."""

    day: str
    """The last day of the history."""
    event_timestamp_ms: int
    """The midnight that ends it, from which on the rows count."""
    days: int
    """Days of the history that have offline rows."""
    users: int
    """Rows written."""
    online_rows: int
    """Those of them that the online store took: it keeps fresher ones."""
    left_out: dict[str, int]
    """Users without enough windows at rest, by reason."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def history(day: str) -> list[str]:
    """The days whose windows tell of rest: those that end with `day`, so all windows that end before its last midnight.

    >>> history("2026-03-01")[0], history("2026-03-01")[-1]
    ('2026-02-23', '2026-03-01')
    """
    return [day_of(start_ms(day) - n * DAY_MS) for n in reversed(range(HISTORY_DAYS))]


def refresh_baselines(settings: Settings, day: str, *, now_ms: int, beam: Sequence[str] = ()) -> BaselineSummary:
    """Takes every user's baseline of the seven days that end with `day`, offline first, then online.

    The rows of a night are one file, replaced as a whole by one rename; equal offline rows give equal bytes, and
    offline files that have not changed are not read again. `beam`:
    Beam's own options. Raises SettingsError for a day that has not ended at `now_ms`, InputError or StackError
    where the offline rows or the store cannot be used.
    """
    at_ms = start_ms(day) + DAY_MS
    if at_ms > now_ms:
        raise SettingsError(f"{day} has not ended: its baselines can be taken after midnight UTC")
    store = opened(settings)
    held = [each for each in history(day) if files(settings.features_folder, [each])]
    file = day_folder(offline_folder(settings.feast_folder, USER_BASELINE), day_of(at_ms)) / FILE
    made_from = fingerprint(files(settings.features_folder, held), HISTORY_DAYS)
    if not is_made_from(file, made_from):
        work = steps(RestOfDay(settings.features_folder), held, Publish(file, at_ms, made_from))
        workers = min(len(held), _rows(settings.features_folder, held) // WORTH_A_WORKER)
        run(pipeline_options(beam, items=workers), work)
    rows = pq.read_table(file)
    return BaselineSummary(day, at_ms, len(held), rows.num_rows, write_online(store, rows), left_out(rows))


def _rows(folder: Path, days: Sequence[str]) -> int:
    total = 0
    for file in files(folder, days):
        try:
            total += pq.read_metadata(file).num_rows
        except (OSError, pa.ArrowException) as fault:
            raise InputError(f"{file} is no readable Parquet ({fault}); restore it, or move it away") from fault
    return total


def nights(settings: Settings, days: Days, *, now_ms: int) -> list[str]:
    """The days that have ended and whose baselines tell of some of these days."""
    last = min(days.end_ms + (HISTORY_DAYS - 1) * DAY_MS, start_ms(day_of(now_ms)))
    all_days = (day_of(at_ms) for at_ms in range(days.start_ms, last, DAY_MS))
    held = set(partitions.days(settings.features_folder))
    return [day for day in all_days if held.intersection(history(day))]
