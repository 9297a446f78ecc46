"""Recorded people through the stream, disturbed, and through Beam: the same rows, once late readings are healed.

The first eight recordings of one set; with EQM_TEST_ALL=1 all of both.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from pipelines.core.settings import Settings
from pipelines.recordings.discover import recordings
from pipelines.replay.faults import Faults
from tests.integration import streaming
from tests.integration.commands import eqm
from tests.integration.ports import environment

SETS = {"stress_predict": ("2022-02-01", "2022-03-31", 23), "stress_exercise": ("2013-01-01", "2025-12-31", 30)}
FAULTS = Faults(shuffle_s=9, duplicate_share=0.05, delay_share=0.01, delay_s=120, seed=4)
OVER = 3
ALL = bool(os.environ.pop("EQM_TEST_ALL", None))
CHOSEN = slice(None if ALL else 8)


def found(settings: Settings, *arguments: str, code: int = 0) -> dict[str, Any]:
    """The JSON that a command prints."""
    printed: dict[str, Any] = json.loads(eqm(settings, *arguments, "--json", code=code))
    return printed


@pytest.fixture(scope="module", params=SETS if ALL else list(SETS)[:1])
def streamed(request: pytest.FixtureRequest, stack: Settings, recordings_folder: Path) -> tuple[Settings, list[str]]:
    """A set of recordings, out of order, with duplicates and late readings, through the features job."""
    first, last, count = SETS[request.param]
    people = recordings([recordings_folder / request.param])
    assert len(people) == count
    people = people[CHOSEN]
    streaming.fresh(stack)
    counts = streaming.send(stack, people, FAULTS)
    streaming.computed(stack)
    placed = streaming.placed(stack)
    assert placed.total() == counts.sent
    assert placed["late"] > 300
    return stack, ["--from", first, "--to", last]


def test_stream_and_batch_agree_and_the_night_heals_what_was_late(streamed: tuple[Settings, list[str]]) -> None:
    settings, days = streamed
    streamed_rows = streaming.offline_rows(settings)

    as_streamed = found(settings, "parity", *days, "--without-late")
    assert agrees(as_streamed)
    assert as_streamed["compared"] == streamed_rows > 2_000

    unhealed = found(settings, "parity", *days, code=OVER)
    planned = found(settings, "backfill", *days, "--dry-run")
    killed_in_the_middle(settings, days)
    assert found(settings, "parity", *days, code=OVER) == unhealed

    healed = found(settings, "backfill", *days)
    changed = total(healed, "changed") + total(healed, "new")
    assert 0 < changed <= total(planned, "touched_by_late")
    assert total(healed, "kept") == 0
    after = found(settings, "parity", *days)
    assert agrees(after)
    assert after["compared"] == total(planned, "windows") == total(healed, "windows")
    assert {day["state"] for day in found(settings, "backfill", *days)["days"]} == {"unchanged"}


def agrees(report: dict[str, Any]) -> bool:
    return not any(report[name] for name in ("missing", "extra", "differing", "differing_samples"))


def total(summary: dict[str, Any], count: str) -> int:
    return sum(day[count] for day in summary["days"])


def killed_in_the_middle(settings: Settings, days: list[str]) -> None:
    """Starts a backfill and kills it, workers and all, as soon as it has finished a bin."""
    command = [sys.executable, "-m", "pipelines.cli.main", "backfill", *days]
    process = subprocess.Popen(command, env=environment(settings), start_new_session=True)
    while not any(settings.features_folder.rglob(".staging-*/at-*.parquet")):
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not any(settings.features_folder.rglob("recomputed-*"))
