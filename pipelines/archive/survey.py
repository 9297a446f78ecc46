"""What the archive holds for a day, read from three of its columns: enough to plan, to warn and to refuse."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from feature_repo import partitions
from pipelines.archive.bins import READINGS_AT_ONCE, Bin
from pipelines.archive.days import DAY_MS, Days, day_before, start_ms
from pipelines.archive.listing import archive_files, read_listed
from pipelines.archive.reader import footer, time_spans
from pipelines.core.errors import InputError, first_line
from schemas.windows import HOP_MS, MAX_FUTURE_MS, PANES_PER_WINDOW, WINDOW_MS, user_phase_ms

PANES = DAY_MS // HOP_MS
MINUTES = 1440


@dataclass(frozen=True)
class Survey:
    """One day's readings, and the windows that end in it."""

    day: str
    files: int
    file_bytes: int
    readings: int
    late: int
    newest_ms: int
    """Time of the newest reading; 0 without any."""
    per_minute: NDArray[np.int64]
    """Readings in each of the day's 1440 minutes."""
    per_user: dict[str, int]
    windows: int
    """Windows that hold a reading and end in this day."""
    touched: int
    """Those of them that hold a late reading."""


class _Panes:
    """The five seconds in which users have readings, from each user's phase on.

    The thirteenth begins with the first window that ends in the day, at the phase after midnight; the twelve before
    are in that window.
    """

    def __init__(self, phases: int) -> None:
        self.phases = phases
        self.users: dict[str, int] = {}
        self.marked = np.zeros((2, 16, PANES + PANES_PER_WINDOW), dtype=bool)
        self.readings = np.zeros(16, dtype=np.int64)

    def mark(self, users: pa.DictionaryArray, since_ms: NDArray[np.int64], late: NDArray[np.bool_]) -> None:
        """Readings by their time since midnight."""
        names = users.dictionary.to_pylist()
        known = [self.users.setdefault(user, len(self.users)) for user in names]
        phase_ms = np.array([user_phase_ms(user, self.phases) for user in names], dtype=np.int64)
        while len(self.users) > len(self.readings):
            self.marked = np.concatenate([self.marked, np.zeros_like(self.marked)], axis=1)
            self.readings = np.concatenate([self.readings, np.zeros_like(self.readings)])
        of_user = users.indices.to_numpy()
        row = np.array(known, dtype=np.int64)[of_user]
        pane = (since_ms - phase_ms[of_user]) // HOP_MS + PANES_PER_WINDOW
        inside = pane >= 0
        self.marked[late[inside].astype(int), row[inside], pane[inside]] = True
        self.readings += np.bincount(row[since_ms >= 0], minlength=len(self.readings))

    def per_user(self) -> dict[str, int]:
        return {user: int(self.readings[row]) for user, row in sorted(self.users.items()) if self.readings[row]}

    def windows(self, *, late_only: bool) -> int:
        """Windows that end in the day and hold a marked pane."""
        panes = self.marked[1] if late_only else self.marked.any(axis=0)
        held = np.cumsum(panes, axis=1, dtype=np.int32)
        before = np.pad(held[:, : -PANES_PER_WINDOW - 1], ((0, 0), (1, 0)))
        return int((held[:, PANES_PER_WINDOW - 1 : -1] > before).sum())


def survey(archive: Path, day: str, phases: int) -> Survey:
    """Reads the day's files, and of the day before the last minute; users' windows end in so many phases.

    Raises InputError for a file it cannot read.
    """
    return read_listed(lambda: _survey(archive, day, phases))


def _survey(archive: Path, day: str, phases: int) -> Survey:
    files = archive_files(archive, day)
    footers = [footer(file) for file in files]
    panes, per_minute, late, newest_ms = _Panes(phases), np.zeros(MINUTES, dtype=np.int64), 0, 0
    for users, at_ms, is_late in _columns([*_reaching(archive, day), *files]):
        since_ms = at_ms - start_ms(day)
        today = since_ms >= 0
        panes.mark(users, since_ms, is_late)
        per_minute += np.bincount(since_ms[today] // 60_000, minlength=MINUTES)
        late += int(is_late[today].sum())
        newest_ms = max(newest_ms, int(at_ms.max(initial=0)))
    return Survey(
        day=day,
        files=len(files),
        file_bytes=sum(file.stat().st_size for file in files),
        readings=sum(each.num_rows for each in footers),
        late=late,
        newest_ms=newest_ms,
        per_minute=per_minute,
        per_user=panes.per_user(),
        windows=panes.windows(late_only=False),
        touched=panes.windows(late_only=True),
    )


def _reaching(archive: Path, day: str) -> Iterator[Path]:
    """Files of the day before with readings in its last minute."""
    for file in archive_files(archive, day_before(day)):
        if any(span is None or span[1] >= start_ms(day) - WINDOW_MS for span in time_spans(file)):
            yield file


def _columns(files: Iterable[Path]) -> Iterator[tuple[pa.DictionaryArray, NDArray[np.int64], NDArray[np.bool_]]]:
    """Users, times and late marks, a batch at a time."""
    for file in files:
        try:
            with pq.ParquetFile(file, read_dictionary=["user_id"]) as opened:
                for batch in opened.iter_batches(columns=["user_id", "timestamp_ms", "late"]):
                    late = batch["late"].to_numpy(zero_copy_only=False).astype(bool)
                    yield batch["user_id"], batch["timestamp_ms"].to_numpy(), late
        except FileNotFoundError:
            raise
        except (OSError, pa.ArrowException) as fault:
            raise InputError(
                f"{file} cannot be read ({first_line(fault)}); restore it, or move it out of the archive"
            ) from fault


FEWEST_USERS = 5
"""Among fewer users one may well hold most readings."""


def check(days: Days, surveys: Sequence[Survey], *, now_ms: int, max_user_share: float) -> None:
    """Raises InputError for an empty range, readings of the future, or one user who holds most readings."""
    if not any(each.readings for each in surveys):
        raise InputError(f"the archive holds no reading from {days.first} to {days.last}: name other days")
    for each in surveys:
        if each.newest_ms > now_ms + MAX_FUTURE_MS:
            ahead_s = (each.newest_ms - now_ms) // 1000
            raise InputError(f"{each.day}: a reading is dated {ahead_s} s after now; correct the clock, or remove it")
    per_user: Counter[str] = sum((Counter(each.per_user) for each in surveys), Counter())
    user, most = per_user.most_common(1)[0]
    share = most / per_user.total()
    if len(per_user) >= FEWEST_USERS and share > max_user_share:
        raise InputError(
            f"{user} holds {share:.0%} of all readings, with {len(per_user)} users: look at that sensor,"
            f" or allow it with --max-user-share {min(share + 0.01, 1):.2f}"
        )


def occupied(days: Iterable[str], archive: Path, offline: Path) -> list[str]:
    """Those days that may have windows: with readings, on them or the day before, or with stored rows."""
    with_readings, with_rows = set(partitions.days(archive)), set(partitions.days(offline))
    return [day for day in days if {day, day_before(day)} & with_readings or day in with_rows]


def plan_bins(archive: Path, days: Iterable[str]) -> list[Bin]:
    """All bins of some days, in order of time."""
    # They follow the readings: how many windows there are, in however many phases, is not asked.
    return [part for day in days for part in bins(survey(archive, day, phases=1))]


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
