"""Where a job of the local cluster can go on: its newest savepoint or retained checkpoint.

A checkpoint is complete when its `_metadata` is there; Flink writes that last, under another name until it is whole.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from pipelines.core.errors import StackError
from pipelines.core.settings import Settings
from schemas.whole import write_whole

METADATA: Final = "_metadata"


@dataclass(frozen=True)
class Submitted:
    """A job as it was submitted."""

    id: str
    kind: str
    """`stream`, `features` or `emotions`."""
    savepoint: str | None
    """What it continued from."""


def remember(settings: Settings, job: Submitted) -> None:
    """Records a submitted job, so that it can be continued when its cluster has forgotten it."""
    folder = _folder(settings)
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / f"{job.id}.json", json.dumps(asdict(job)))


def newest(settings: Settings, kind: str) -> str:
    """The place from which the last job of that kind goes on; raises StackError where there is none.

    A job that ended before its first checkpoint goes on from where it had itself begun.
    """
    if settings.flink:
        raise StackError(
            f"checkpoints of the cluster at {settings.flink} are not known here: name one with --savepoint"
        )
    for job in submitted(settings, kind):
        points = sorted(_points(settings, job.id), key=_age)
        if points:
            return points[-1].as_uri()
        if job.savepoint:
            return job.savepoint
    raise StackError(
        f"no savepoint or checkpoint of the {kind} job in {settings.home / 'flink'}: submit it without --resume"
    )


def submitted(settings: Settings, kind: str) -> Iterator[Submitted]:
    """Jobs of that kind, the last one first."""
    files = sorted(_folder(settings).glob("*.json"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    jobs = (Submitted(**json.loads(file.read_text(encoding="utf-8"))) for file in files)
    return (job for job in jobs if job.kind == kind)


def _points(settings: Settings, job: str) -> Iterator[Path]:
    places = settings.home / "flink"
    for metadata in (
        *places.glob(f"checkpoints/{job}/chk-*/{METADATA}"),
        *places.glob(f"savepoints/savepoint-{job[:6]}-*/{METADATA}"),
    ):
        yield metadata.parent


def _age(point: Path) -> int:
    return (point / METADATA).stat().st_mtime_ns


def _folder(settings: Settings) -> Path:
    return settings.home / "flink" / "jobs"
