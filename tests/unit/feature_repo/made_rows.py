"""Offline rows of both writers, made up, of a few columns: a number in every row says which row it is."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from feature_repo.columns import EVENT_TIMESTAMP, JOIN_KEY, WINDOW_FEATURES
from feature_repo.offline_schema import arrow_schema

NAMES = ("window_start_ms", "samples", "hr_mean")
SCHEMA = pa.schema([arrow_schema(WINDOW_FEATURES).field(name) for name in (JOIN_KEY, EVENT_TIMESTAMP, *NAMES)])
Row = tuple[str, int, int, float]
"""User, event time in ms, samples, and the number that tells rows apart, as `hr_mean`."""


def table(rows: Sequence[Row]) -> pa.Table:
    """Rows as window features; a window's start is its event time here."""
    user, at_ms, samples, number = zip(*rows, strict=True) if rows else ((), (), (), ())
    at = pa.array(at_ms, pa.int64())
    return pa.table([pa.array(user), at.cast(pa.timestamp("ms")), at, samples, number], schema=SCHEMA)


def write(file: Path, rows: Sequence[Row]) -> Path:
    """A file as the jobs write it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table(rows), file, use_dictionary=False)
    return file
