"""A bin's windows, computed again from the archive by the stream's own feature function."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from feature_repo.columns import EVENT_TIMESTAMP, JOIN_KEY, WINDOW_FEATURES
from feature_repo.offline_schema import arrow_schema
from pipelines.archive.bin_reader import samples_by_user
from pipelines.archive.bins import Bin
from pipelines.features.compute import VECTOR_NAMES, WindowFeatures, compute_windows
from pipelines.features.windowing import window_chunks
from pipelines.signals.segments import Ints
from schemas.windows import WINDOW_MS


@dataclass(frozen=True)
class UserWindows:
    """Windows of one user, ascending."""

    user_id: str
    window_start_ms: Ints
    computed: WindowFeatures


def user_windows(archive: Path, part: Bin, *, late: bool = True) -> Iterator[UserWindows]:
    """All windows of a bin, users ascending; a user's windows may come in several parts, ascending."""
    for user, samples in samples_by_user(archive, part, late=late):
        for formed in window_chunks(samples, between_ms=part.starts_ms):
            found = compute_windows(formed.window_start_ms, formed.samples, formed.offsets)
            yield UserWindows(user, formed.window_start_ms, found)


def recomputed_rows(archive: Path, part: Bin, *, late: bool = True) -> pa.Table:
    """A bin's rows as the offline store keeps them, by user and window; missing values are NaN."""
    parts = [_rows(windows) for windows in user_windows(archive, part, late=late)]
    return pa.concat_tables([arrow_schema(WINDOW_FEATURES).empty_table(), *parts])


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
