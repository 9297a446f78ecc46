"""Which savepoint or checkpoint a job goes on from."""

import os
from pathlib import Path

import pytest

from pipelines.core.errors import StackError
from pipelines.core.settings import Settings
from pipelines.streaming import restore_points
from pipelines.streaming.restore_points import Submitted

FIRST, SECOND = "a" * 32, "b" * 32


def submitted(settings: Settings, job: str, at_s: int, kind: str = "features", savepoint: str | None = None) -> None:
    restore_points.remember(settings, Submitted(job, kind, savepoint))
    os.utime(settings.home / "flink" / "jobs" / f"{job}.json", (at_s, at_s))


def point(settings: Settings, place: str, at_s: int) -> Path:
    folder = settings.home / "flink" / place
    folder.mkdir(parents=True)
    (folder / "_metadata").touch()
    os.utime(folder / "_metadata", (at_s, at_s))
    return folder


def test_the_newest_checkpoint_or_savepoint_of_the_last_job(settings: Settings) -> None:
    submitted(settings, FIRST, 1)
    point(settings, f"checkpoints/{FIRST}/chk-900", 2)
    submitted(settings, SECOND, 3)
    point(settings, f"checkpoints/{SECOND}/chk-9", 4)
    newest = point(settings, f"checkpoints/{SECOND}/chk-10", 5)
    assert restore_points.newest(settings, "features") == newest.as_uri()
    newest = point(settings, f"savepoints/savepoint-{SECOND[:6]}-0123456789ab", 6)
    assert restore_points.newest(settings, "features") == newest.as_uri()


def test_a_checkpoint_that_was_never_finished_does_not_count(settings: Settings) -> None:
    submitted(settings, FIRST, 1)
    whole = point(settings, f"checkpoints/{FIRST}/chk-7", 2)
    torn = settings.home / "flink" / "checkpoints" / FIRST / "chk-8"
    torn.mkdir()
    (torn / "._metadata.inprogress.0").touch()
    assert restore_points.newest(settings, "features") == whole.as_uri()


def test_a_job_that_ended_before_its_first_checkpoint_goes_on_where_it_began(settings: Settings) -> None:
    submitted(settings, FIRST, 1)
    point(settings, f"checkpoints/{FIRST}/chk-7", 2)
    submitted(settings, SECOND, 3, savepoint="file:/elsewhere")
    assert restore_points.newest(settings, "features") == "file:/elsewhere"


def test_kinds_are_kept_apart_and_none_is_an_error(settings: Settings) -> None:
    submitted(settings, FIRST, 1, kind="emotions")
    point(settings, f"checkpoints/{FIRST}/chk-7", 2)
    with pytest.raises(StackError, match="no savepoint or checkpoint of the features job"):
        restore_points.newest(settings, "features")


def test_an_outside_cluster_keeps_its_own(settings: Settings) -> None:
    with pytest.raises(StackError, match="--savepoint"):
        restore_points.newest(settings.model_copy(update={"flink": "far:8081"}), "features")
