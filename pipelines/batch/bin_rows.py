"""A bin's rows: as the offline store has them, and computed again by the stream's own feature function."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from feature_repo.columns import EVENT_TIMESTAMP, JOIN_KEY, WINDOW_FEATURES
from feature_repo.offline_schema import arrow_schema
from feature_repo.partitions import counting_rows, read_whole
from pipelines.archive.bins import Bin
from pipelines.archive.reader import samples_by_user
from pipelines.core.errors import InputError, first_line
from pipelines.features.compute import VECTOR_NAMES, WindowFeatures, compute_windows
from pipelines.features.windowing import window_chunks
from pipelines.signals.series.samples import timestamps_ms
from pipelines.signals.series.segments import Bools, Ints
from schemas.windows import HOP_MS, WINDOW_MS, user_phase_ms


def stored_rows(folder: Path, part: Bin) -> pa.Table:
    """The rows that count, by user and window, whichever writer they are of."""
    low, high = (pa.scalar(at, pa.timestamp("ms")) for at in (part.first_ms, part.last_ms))
    chosen = (pc.field(EVENT_TIMESTAMP) >= low) & (pc.field(EVENT_TIMESTAMP) < high)

    def read(listed: list[Path]) -> pa.Table:
        source = ds.dataset(listed, schema=arrow_schema(WINDOW_FEATURES), format="parquet")
        return source.to_table(filter=chosen)

    try:
        table = read_whole(folder, [part.day], read)
    except (OSError, pa.ArrowException) as fault:
        raise InputError(f"{folder}, {part.day}: {first_line(fault)}; restore the file, or move it away") from fault
    return table.take(counting_rows(table))


@dataclass(frozen=True)
class UserWindows:
    """Windows of one user, ascending."""

    user_id: str
    window_start_ms: Ints
    computed: WindowFeatures


def user_windows(archive: Path, part: Bin, phases: int, *, late: bool = True) -> Iterator[UserWindows]:
    """All windows of a bin, users ascending; a user's windows may come in several parts, ascending."""
    for user, samples in samples_by_user(archive, part, late=late):
        for formed in window_chunks(samples, user_phase_ms(user, phases), between_ms=part.starts_ms):
            found = compute_windows(formed.window_start_ms, formed.samples, formed.offsets)
            yield UserWindows(user, formed.window_start_ms, found)


def recomputed_rows(archive: Path, part: Bin, phases: int, *, late: bool = True) -> pa.Table:
    """A bin's rows as the offline store keeps them, by user and window; missing values are NaN.

    `phases`: in so many do users' windows end.
    """
    parts = [_rows(windows) for windows in user_windows(archive, part, phases, late=late)]
    return pa.concat_tables([arrow_schema(WINDOW_FEATURES).empty_table(), *parts])


def superseded(archive: Path, part: Bin, rows: pa.Table, phases: int) -> Bools:
    """Of a bin's stored rows, by user, those that do not end at the user's phase and hold readings of the archive.

    They were made while there was another number of phases, or none at all. What they tell is told by the windows
    that the same readings are in now. Where the archive has lost all readings of a row, nothing else tells of them.
    """
    user = rows[JOIN_KEY].to_numpy()
    starts_ms = rows["window_start_ms"].to_numpy()
    names, code = np.unique(user.astype(np.str_), return_inverse=True)
    phase_ms = np.array([user_phase_ms(str(name), phases) for name in names], dtype=np.int64)
    other = (starts_ms - phase_ms[code]) % HOP_MS != 0
    found = np.zeros(len(other), dtype=bool)
    if other.any():
        for name, samples in samples_by_user(archive, part, users=set(user[other].tolist())):
            mine = np.flatnonzero(other & (user == name))
            at_ms = np.sort(timestamps_ms(samples))
            found[mine] = np.searchsorted(at_ms, starts_ms[mine]) < np.searchsorted(at_ms, starts_ms[mine] + WINDOW_MS)
    return found


def _rows(windows: UserWindows) -> pa.Table:
    found, start_ms = windows.computed, windows.window_start_ms
    columns = {
        JOIN_KEY: pa.array([windows.user_id]).take(pa.array(np.zeros(len(start_ms), dtype=np.int64))),
        EVENT_TIMESTAMP: pa.array(start_ms + WINDOW_MS).cast(pa.timestamp("ms")),
        "window_start_ms": start_ms,
        "samples": found.samples,
        **dict(zip(VECTOR_NAMES, np.ascontiguousarray(found.vector().T), strict=True)),
    }
    return pa.table(columns, schema=arrow_schema(WINDOW_FEATURES))
