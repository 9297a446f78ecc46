"""What a night does: heal the offline rows, refresh the online store and the baselines, and say what was done."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.csv as csv
import pyarrow.parquet as pq

from pipelines.baselines.rows import opened
from pipelines.batch.backfill import DayPlan, DayResult, Request, plan, recompute
from pipelines.batch.baselines import BaselineSummary, nights, refresh_baselines
from pipelines.batch.healing import CHANGES
from pipelines.batch.lock import only_one
from pipelines.batch.online_refresh import refresh_online
from pipelines.batch.source import Source
from pipelines.core.settings import Settings
from schemas.whole import whole_file, write_whole

Summary = dict[str, Any]


def folder_of(settings: Settings) -> Path:
    """Lock, summary and list of changes of the last backfill."""
    return settings.home / "backfill"


def dry_run(settings: Settings, request: Request, source: Source) -> Summary:
    """What a backfill would read, write and at most change; writes nothing."""
    with source(folder_of(settings) / "ingested") as readings:
        plans = plan(replace(request, archive=readings.archive))
        return {"dry_run": True, "left_out": dict(readings.left_out), "days": [_planned(each) for each in plans]}


def backfill(settings: Settings, request: Request, source: Source) -> Summary:
    """Does it all, once at a time; may be repeated at any point, and then does only what is missing."""
    folder = folder_of(settings)
    with only_one(folder / "lock"), source(folder / "ingested") as readings:
        request = replace(request, archive=readings.archive)
        store = opened(settings)
        results = recompute(request, plan(request))
        summary = {
            "dry_run": False,
            "left_out": dict(readings.left_out),
            "days": [_done(each) for each in results],
            "changes": _list_changes(folder / "changes.csv", results),
            "online_rows": refresh_online(store, request.offline, request.days),
            "baselines": [each.as_json() for each in _baselines(settings, request)],
        }
        write_whole(folder / "summary.json", json.dumps(summary, indent=1) + "\n")
    return summary


def _baselines(settings: Settings, request: Request) -> list[BaselineSummary]:
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
    kinds = ("same", "changed", "new", "kept")
    return {**_planned(result.plan), **{kind: result.counts[kind] for kind in kinds}}


def _list_changes(file: Path, results: Sequence[DayResult]) -> str:
    """One line for every row that is not as it was."""
    with whole_file(file) as unfinished, csv.CSVWriter(unfinished, CHANGES) as lines:
        for part in (part for result in results for part in result.changes):
            lines.write_table(pq.read_table(part, schema=CHANGES))
    return str(file)
