"""What a night does: heal the offline rows, refresh the online store and the baselines, and say what was done."""

import fcntl
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow.csv as csv
import pyarrow.parquet as pq

from feature_repo.columns import EVENT_TIMESTAMP, JOIN_KEY, VIEWS, WINDOW_FEATURES
from feature_repo.partitions import day_folder, recomputed
from pipelines.archive.compaction import Compacted, compact
from pipelines.baselines.rows import opened
from pipelines.batch.backfill import BackfillRequest, DayPlan, DayResult, plan, recompute
from pipelines.batch.baselines import BaselineSummary, nights, refresh_baselines
from pipelines.batch.healing import CHANGES, KINDS
from pipelines.batch.source import Source
from pipelines.core.errors import StackError
from pipelines.core.settings import Settings
from schemas.whole import whole_file, write_whole

if TYPE_CHECKING:
    from feature_repo.store import FeatureStore


@contextmanager
def only_one(file: Path) -> Iterator[None]:
    """Holds the lock; raises StackError where another process does. It ends with the process, however that ends."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+", encoding="utf-8") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            held.seek(0)
            raise StackError(f"a backfill already runs as process {held.read().strip()}: wait for it to end") from None
        held.truncate(0)
        held.write(f"{os.getpid()}\n")
        held.flush()
        yield


def refresh_online(store: "FeatureStore", offline: Path, days: Iterable[str]) -> int:
    """Writes each user's newest recomputed row of these days; returns how many rows the store took."""
    from feature_repo.online import write_newest

    written = 0
    for rows in _newest(offline, sorted(days, reverse=True)):
        columns = {column.name: rows[column.name].to_numpy() for column in VIEWS[WINDOW_FEATURES]}
        at_ms = rows[EVENT_TIMESTAMP].cast("int64").to_numpy()
        written += write_newest(store, WINDOW_FEATURES, rows[JOIN_KEY].to_pylist(), at_ms, columns)
    return written


def _newest(offline: Path, days: Iterable[str]) -> Iterator["pq.pa.Table"]:
    """Newest rows of users not seen in later files; a file without such users is read for its user ids alone."""
    seen: set[str] = set()
    for day in days:
        for file in reversed(recomputed(day_folder(offline, day))):
            users = np.array(pq.read_table(file, columns=[JOIN_KEY])[JOIN_KEY].to_pylist(), dtype=object)
            last = np.append(users[1:] != users[:-1], True) if len(users) else np.empty(0, dtype=bool)
            fresh = np.flatnonzero(last & ~np.isin(users, list(seen)))
            if len(fresh):
                seen.update(users[fresh])
                yield pq.read_table(file).take(fresh)


Summary = dict[str, Any]

INGESTED: Final = "ingested"
"""The archive that a source is made into; its name is part of what days are made from."""


def folder_of(settings: Settings) -> Path:
    """Lock, summary and list of changes of the last backfill."""
    return settings.home / "backfill"


def dry_run(request: BackfillRequest, source: Source) -> Summary:
    """What a backfill would read, write and at most change; writes nothing, and may run beside a backfill.

    A source that must be made into an archive becomes one in the system's temporary folder, on this machine.
    """
    with (
        tempfile.TemporaryDirectory(prefix="eqm-dry-run-") as temporary,
        source(Path(temporary) / INGESTED) as readings,
    ):
        plans = plan(replace(request, archive=readings.archive))
        return {"dry_run": True, "left_out": dict(readings.left_out), "days": [_planned(each) for each in plans]}


def backfill(settings: Settings, request: BackfillRequest, source: Source) -> Summary:
    """Does it all, once at a time; may be repeated at any point, and then does only what is missing."""
    folder = folder_of(settings)
    with only_one(folder / "lock"), source(folder / INGESTED) as readings:
        request = replace(request, archive=readings.archive)
        compacted = _compacted(settings, request)
        store = opened(settings)
        results = recompute(request, plan(request))
        summary = {
            "dry_run": False,
            "left_out": dict(readings.left_out),
            "compacted": [asdict(each) for each in compacted],
            "days": [_done(each) for each in results],
            "changes": _list_changes(folder / "changes.csv", results),
            "online_rows": refresh_online(store, request.offline, request.days),
            "baselines": [each.as_json() for each in _baselines(settings, request)],
        }
        write_whole(folder / "summary.json", json.dumps(summary, indent=1) + "\n")
    return summary


def _compacted(settings: Settings, request: BackfillRequest) -> list[Compacted]:
    """Merges the files of our own archive, once a day, and before days are planned.

    Otherwise a day would be made again from the merged file. Another archive, which the request may name, is only read.
    """
    if request.archive != settings.archive_folder:
        return []
    return compact(request.archive, request.days, now_ms=request.now_ms)


def _baselines(settings: Settings, request: BackfillRequest) -> list[BaselineSummary]:
    """Those of all nights that the recomputed days are part of."""
    now_ms = request.now_ms
    wanted = nights(settings, request.days, now_ms=now_ms)
    return [refresh_baselines(settings, night, now_ms=now_ms, beam=request.beam) for night in wanted]


def _planned(day: DayPlan) -> Summary:
    found = day.survey
    return {
        "day": found.day,
        "state": day.state,
        "files": found.files,
        "bytes": found.file_bytes,
        "readings": found.readings,
        "late": found.late,
        "users": len(found.per_user),
        "windows": found.windows,
        "touched_by_late": found.touched,
        "bins": len(day.bins),
    }


def _done(result: DayResult) -> Summary:
    return {**_planned(result.plan), **{kind: result.counts[kind] for kind in ("same", *KINDS)}}


def _list_changes(file: Path, results: Sequence[DayResult]) -> str:
    """One line for every row that is not as it was."""
    with whole_file(file) as unfinished, csv.CSVWriter(unfinished, CHANGES) as lines:
        for part in (part for result in results for part in result.changes):
            lines.write_table(pq.read_table(part, schema=CHANGES))
    return str(file)
