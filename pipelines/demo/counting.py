"""Where every reading ended, counted where it stands: archive, quarantine, topics, offline store."""

import time
from collections.abc import Callable
from pathlib import Path

from pipelines.archive import reader as archive
from pipelines.core.errors import StackError
from pipelines.core.settings import Settings
from pipelines.core.topic_reader import committed
from schemas.topics import QUARANTINE

POLL_S = 0.5


def committed_messages(bootstrap: str, topic: str) -> int:
    """Messages that a reader of committed data sees."""
    return sum(1 for _ in committed(bootstrap, topic))


def readings_placed(settings: Settings) -> dict[str, int]:
    """Readings used, late and quarantined so far."""
    used, late = archive.counts(settings.archive_folder)
    return {
        "used": used,
        "late": late,
        "quarantined": committed_messages(settings.bootstrap_servers, QUARANTINE.name),
    }


def feature_rows(settings: Settings) -> int:
    """Rows in the offline store."""
    folder: Path = settings.features_folder
    return int(archive.open_archive(folder).count_rows()) if folder.is_dir() else 0


def wait_for(reached: Callable[[], bool], what: str, *, timeout_s: float, check: Callable[[], None]) -> None:
    """Waits until it is so; `check` is asked meanwhile and raises when waiting has become pointless."""
    end_s = time.monotonic() + timeout_s
    while not reached():
        check()
        if time.monotonic() > end_s:
            raise StackError(f"{what}: not within {timeout_s:.0f} s; look at `eqm status` and the logs")
        time.sleep(POLL_S)
