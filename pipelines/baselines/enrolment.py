"""Users' baselines from periods in which they were told to rest. Needs neither of the two engines."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import groupby, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from feature_repo.columns import USER_BASELINE
from feature_repo.folders import offline_folder
from feature_repo.partitions import day_folder
from pipelines.archive.bins import Bin
from pipelines.archive.days import day_of
from pipelines.archive.reader import samples_by_user
from pipelines.baselines.resting import is_seen, moments
from pipelines.baselines.rows import Baseline, baseline_rows, opened, write_offline, write_online
from pipelines.core.errors import InputError, SettingsError
from pipelines.core.settings import Settings
from pipelines.features.compute import compute_windows
from pipelines.features.windowing import window_chunks
from pipelines.signals.series.segments import Floats
from schemas.feature_table import FEATURES
from schemas.windows import EARLIEST_MS, HOP_MS, LATEST_MS, WINDOW_MS, user_phase_ms

if TYPE_CHECKING:
    from feature_repo.store import FeatureStore

LEAST_WINDOWS: Final = 12
"""Two minutes, wherever they begin between two windows' starts."""

STRETCH_MS: Final = 600_000
"""Everybody's readings of so long are held together; divides a day."""

WRITE: Final = "write ISO-8601 with its zone (2026-03-01T12:00:00Z) or epoch milliseconds"
NO_WINDOW: Final = np.empty((0, len(FEATURES)))

Progress = Callable[[int, int], None]
"""Gets what is done, and how much there is."""


@dataclass(frozen=True)
class Period:
    """From one instant up to, but not including, the other."""

    from_ms: int
    to_ms: int

    def windows(self, phase_ms: int) -> int:
        """How many windows of a user with that phase lie entirely in it.

        >>> Period(0, 120_000).windows(0), Period(1, 120_000).windows(0), Period(0, 59_999).windows(0)
        (13, 12, 0)
        >>> Period(0, 120_000).windows(1_750), Period(1_750, 121_750).windows(1_750)
        (12, 13)
        """
        last, first = (self.to_ms - phase_ms) // HOP_MS, -((phase_ms - self.from_ms) // HOP_MS)
        return max(0, last - first - WINDOW_MS // HOP_MS + 1)

    @property
    def parts(self) -> list[Bin]:
        """Its windows in parts of at most ten minutes, none of two days."""
        first, last = self.from_ms + WINDOW_MS, self.to_ms + 1
        inner = range(first - first % STRETCH_MS + STRETCH_MS, last, STRETCH_MS)
        return [Bin(one, other) for one, other in pairwise([first, *inner, last])]

    @property
    def shown(self) -> str:
        return " to ".join(datetime.fromtimestamp(at / 1000, UTC).isoformat() for at in (self.from_ms, self.to_ms))


Periods = Sequence[Period]
"""One user's, ascending, apart from each other."""
Refusal = SettingsError | InputError
"""Why one person has no baseline; what concerns everybody is raised."""


@dataclass(frozen=True)
class Enrolment:
    """What was written."""

    user_id: str
    from_ms: int
    to_ms: int
    """The event timestamp of the row."""
    periods: int
    windows: int
    windows_of_period: int
    features_known: int
    features: int
    file: str
    online: bool
    """False: the online store holds a fresher baseline, and keeps it."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Enrolments:
    """What was written of many people, and why others have no baseline, by user; both in the order of users."""

    enrolled: tuple[Enrolment, ...]
    left_out: Mapping[str, str]

    def as_json(self) -> dict[str, Any]:
        return {"enrolled": [each.as_json() for each in self.enrolled], "left_out": dict(self.left_out)}


def enrol(settings: Settings, user_id: str, period: Period, *, now_ms: int) -> Enrolment:
    """Takes the baseline over all windows of the period, offline first, then online; repeating it changes nothing.

    Raises SettingsError for a period that is too short or not over at `now_ms`, InputError where the archive has too
    few windows of the user in it. Then nothing is written.
    """
    phases = settings.window_phases
    _check((period,), user_phase_ms(user_id, phases), now_ms)
    store = opened(settings)
    features = features_by_user(settings.archive_folder, {user_id: (period,)}, phases)
    return _stored(settings, store, _Rested(user_id, (period,), features[user_id]))


def enrol_all(settings: Settings, resting: Mapping[str, Periods], progress: Progress, *, now_ms: int) -> Enrolments:
    """The same for many people, in one pass over the archive; each over the windows of all of their periods.

    A row's event timestamp is the end of the last period. Whoever cannot be enrolled is left out, with the reason.
    `progress` gets stretches of the archive that are read, and how many there are. Raises InputError where the archive
    cannot be read.
    """
    store = opened(settings)
    phases = settings.window_phases
    phase_ms = {user: user_phase_ms(user, phases) for user in resting}
    refused = {user: fault for user, periods in resting.items() if (fault := _fault(periods, phase_ms[user], now_ms))}
    able = {user: _with_windows(periods, phase_ms[user]) for user, periods in resting.items() if user not in refused}
    features = features_by_user(settings.archive_folder, able, phases, progress)
    enrolled = []
    for user, periods in sorted(able.items()):
        try:
            enrolled.append(_stored(settings, store, _Rested(user, periods, features[user])))
        except InputError as fault:
            refused[user] = fault
    return Enrolments(tuple(enrolled), {user: str(refused[user]) for user in sorted(refused)})


def features_by_user(
    archive: Path, resting: Mapping[str, Periods], phases: int, progress: Progress = lambda done, total: None
) -> dict[str, Floats]:
    """Each user's (windows, features): windows that lie entirely in one of their periods, computed as the stream does.

    They end in so many phases.

    A window counts if the body was seen in it: a watch on a table is at rest, too.

    The archive is read a stretch of time at once, for all who rest in it. A user without readings has no windows.
    """
    stretches = list(_stretches(resting))
    found: dict[str, list[Floats]] = {user: [NO_WINDOW] for user in resting}
    for done, mine in enumerate(stretches, start=1):
        whole = Bin(min(part.first_ms for _, part in mine), max(part.last_ms for _, part in mine))
        samples = dict(samples_by_user(archive, whole, users={user for user, _ in mine}))
        for user, part in mine:
            if user in samples:
                found[user] += _features(samples[user], part, user_phase_ms(user, phases))
        progress(done, len(stretches))
    return {user: np.concatenate(parts) for user, parts in found.items()}


def _stretches(resting: Mapping[str, Periods]) -> Iterator[list[tuple[str, Bin]]]:
    """Whose parts of which periods lie in the same ten minutes, ascending."""
    parts = [(part, user) for user, periods in resting.items() for period in periods for part in period.parts]
    parts.sort(key=lambda each: (each[0].first_ms, each[1]))
    for _, mine in groupby(parts, key=lambda each: each[0].first_ms // STRETCH_MS):
        yield [(user, part) for part, user in mine]


def _features(samples: NDArray[np.void], part: Bin, phase_ms: int) -> Iterator[Floats]:
    for formed in window_chunks(samples, phase_ms, between_ms=part.starts_ms):
        found = compute_windows(formed.window_start_ms, formed.samples, formed.offsets)
        yield found.features[is_seen(found.quality)]


@dataclass(frozen=True, eq=False)
class _Rested:
    """A user's windows at rest."""

    user_id: str
    periods: Periods
    features: Floats


def _stored(settings: Settings, store: "FeatureStore", rested: _Rested) -> Enrolment:
    user_id, periods, features = rested.user_id, rested.periods, rested.features
    if len(features) < LEAST_WINDOWS:
        raise InputError(
            f"{settings.archive_folder} has {len(features)} windows of {user_id} from {_shown(periods)} with signal of"
            f" the body, where {LEAST_WINDOWS} are needed: check user and period, whether the device was worn, and"
            " whether the readings have been archived"
        )
    level, end_ms = moments(features), periods[-1].to_ms
    phase_ms = user_phase_ms(user_id, settings.window_phases)
    rows = baseline_rows([Baseline(user_id, len(features), level)], end_ms)
    file = file_of(settings, user_id, end_ms)
    write_offline(rows, file)
    return Enrolment(
        user_id=user_id,
        from_ms=periods[0].from_ms,
        to_ms=end_ms,
        periods=len(periods),
        windows=len(features),
        windows_of_period=sum(period.windows(phase_ms) for period in periods),
        features_known=int((level.count > 0).sum()),
        features=len(FEATURES),
        file=str(file),
        online=write_online(store, rows) > 0,
    )


def file_of(settings: Settings, user_id: str, end_ms: int) -> Path:
    """One file an enrolment, in the day of its end; a user may enrol more than once a day."""
    folder = day_folder(offline_folder(settings.feast_folder, USER_BASELINE), day_of(end_ms))
    return folder / f"enrolled-{end_ms}-{hashlib.sha256(user_id.encode()).hexdigest()[:16]}.parquet"


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


def _check(periods: Periods, phase_ms: int, now_ms: int) -> None:
    """Raises SettingsError where no baseline can come of the periods, whatever the archive holds."""
    if not periods:
        raise SettingsError("no such period: the labels name none, or others claim the same time")
    fit = sum(period.windows(phase_ms) for period in periods)
    if fit < LEAST_WINDOWS:
        needed_s = (WINDOW_MS + LEAST_WINDOWS * HOP_MS) // 1000
        raise SettingsError(
            f"from {_shown(periods)} only {fit} windows fit, where {LEAST_WINDOWS} are needed:"
            f" give {needed_s} s or more"
        )
    if periods[-1].to_ms > now_ms:
        raise SettingsError(f"the period {periods[-1].shown} is not over: enrol when it is")


def _fault(periods: Periods, phase_ms: int, now_ms: int) -> Refusal | None:
    try:
        _check(periods, phase_ms, now_ms)
    except SettingsError as fault:
        return fault
    return None


def _with_windows(periods: Periods, phase_ms: int) -> Periods:
    """Without those that are too short for one: they tell nothing, and so end no baseline."""
    return [period for period in periods if period.windows(phase_ms)]


def _shown(periods: Periods) -> str:
    """From the first instant to the last; that there are several is said."""
    whole = Period(periods[0].from_ms, periods[-1].to_ms).shown
    return whole if len(periods) == 1 else f"{whole} ({len(periods)} periods)"
