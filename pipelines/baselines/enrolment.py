"""A user's baseline from a period in which they were told to rest. Needs neither of the two engines."""

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np

from feature_repo.columns import USER_BASELINE
from feature_repo.folders import offline_folder
from feature_repo.partitions import day_folder
from pipelines.archive.bins import Bin
from pipelines.archive.days import day_of
from pipelines.archive.reader import samples_by_user
from pipelines.baselines.resting import moments
from pipelines.baselines.rows import Baseline, baseline_rows, opened, write_offline, write_online
from pipelines.core.errors import InputError, SettingsError
from pipelines.core.settings import Settings
from pipelines.features.compute import compute_windows
from pipelines.features.windowing import window_chunks
from pipelines.signals.segments import Floats
from schemas.feature_table import FEATURES
from schemas.windows import EARLIEST_MS, HOP_MS, LATEST_MS, WINDOW_MS

LEAST_WINDOWS: Final = 12
"""Two minutes, wherever they begin on the grid of windows."""

STRETCH_MS: Final = 600_000
"""Everybody's readings of so long are held together; divides a day."""

WRITE: Final = "write ISO-8601 with its zone (2026-03-01T12:00:00Z) or epoch milliseconds"
NO_WINDOW: Final = np.empty((0, len(FEATURES)))


@dataclass(frozen=True)
class Period:
    """From one instant up to, but not including, the other."""

    from_ms: int
    to_ms: int

    @property
    def windows(self) -> int:
        """Windows of the five-second grid that lie entirely in it.

        >>> Period(0, 120_000).windows, Period(1, 120_000).windows, Period(0, 59_999).windows
        (13, 12, 0)
        """
        return max(0, self.to_ms // HOP_MS - -(-self.from_ms // HOP_MS) - WINDOW_MS // HOP_MS + 1)

    @property
    def parts(self) -> list[Bin]:
        """Its windows in parts of at most ten minutes, none of two days."""
        first, last = self.from_ms + WINDOW_MS, self.to_ms + 1
        inner = range(first - first % STRETCH_MS + STRETCH_MS, last, STRETCH_MS)
        return [Bin(one, other) for one, other in pairwise([first, *inner, last])]

    @property
    def shown(self) -> str:
        return " to ".join(datetime.fromtimestamp(at / 1000, UTC).isoformat() for at in (self.from_ms, self.to_ms))


@dataclass(frozen=True)
class Enrolment:
    """What was written."""

    user_id: str
    from_ms: int
    to_ms: int
    """The event timestamp of the row."""
    windows: int
    windows_of_period: int
    features_known: int
    features: int
    file: str
    online: bool
    """False: the online store holds a fresher baseline, and keeps it."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def enrol(settings: Settings, user_id: str, period: Period, *, now_ms: int) -> Enrolment:
    """Takes the baseline over all windows of the period, offline first, then online; repeating it changes nothing.

    Raises SettingsError for a period that is too short or not over at `now_ms`, InputError where the archive has too
    few windows of the user in it. Then nothing is written.
    """
    _check(period, now_ms)
    store = opened(settings)
    features = np.concatenate([NO_WINDOW, *features_of(settings.archive_folder, user_id, period)])
    if len(features) < LEAST_WINDOWS:
        raise InputError(
            f"{settings.archive_folder} has {len(features)} windows of {user_id} from {period.shown}, where"
            f" {LEAST_WINDOWS} are needed: check user and period, and whether the readings have been archived"
        )
    level = moments(features)
    rows = baseline_rows([Baseline(user_id, len(features), level)], period.to_ms)
    file = file_of(settings, user_id, period)
    write_offline(rows, file)
    return Enrolment(
        user_id=user_id,
        from_ms=period.from_ms,
        to_ms=period.to_ms,
        windows=len(features),
        windows_of_period=period.windows,
        features_known=int((level.count > 0).sum()),
        features=len(FEATURES),
        file=str(file),
        online=write_online(store, rows) > 0,
    )


def features_of(archive: Path, user_id: str, period: Period) -> Iterator[Floats]:
    """(windows, features) of the user's windows that lie entirely in the period, computed as the stream does."""
    for part in period.parts:
        for user, samples in samples_by_user(archive, part):
            if user == user_id:
                for formed in window_chunks(samples, between_ms=part.starts_ms):
                    yield compute_windows(formed.window_start_ms, formed.samples, formed.offsets).features


def file_of(settings: Settings, user_id: str, period: Period) -> Path:
    """One file an enrolment, in the day of its end; a user may enrol more than once a day."""
    folder = day_folder(offline_folder(settings.feast_folder, USER_BASELINE), day_of(period.to_ms))
    return folder / f"enrolled-{period.to_ms}-{hashlib.sha256(user_id.encode()).hexdigest()[:16]}.parquet"


def instant_ms(flag: str, text: str) -> int:
    """An instant as users write it: ISO-8601 with a zone, or epoch milliseconds; from 2000 on.

    >>> instant_ms("--to", "2026-03-01T12:00:00+01:00"), instant_ms("--to", "1772362800000")
    (1772362800000, 1772362800000)
    """
    try:
        moment = None if text.isdecimal() else datetime.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"{flag} {text} is no instant: {WRITE}") from None
    if moment is not None and moment.tzinfo is None:
        raise SettingsError(f"{flag} {text} has no time zone: add Z for UTC")
    at_ms = int(text) if moment is None else round(moment.timestamp() * 1000)
    if not EARLIEST_MS <= at_ms <= LATEST_MS:
        raise SettingsError(f"{flag} {text} is not between 2000 and 2100: {WRITE}")
    return at_ms


def _check(period: Period, now_ms: int) -> None:
    if period.windows < LEAST_WINDOWS:
        needed_s = (WINDOW_MS + LEAST_WINDOWS * HOP_MS) // 1000
        raise SettingsError(
            f"from {period.shown} only {period.windows} windows fit, where {LEAST_WINDOWS} are needed:"
            f" give {needed_s} s or more"
        )
    if period.to_ms > now_ms:
        raise SettingsError(f"the period {period.shown} is not over: enrol when it is")
