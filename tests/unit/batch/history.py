"""Archives and streamed rows as the running jobs leave them, written without running any."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from feature_repo.columns import EVENT_TIMESTAMP, WINDOW_FEATURES
from feature_repo.offline_schema import arrow_schema
from feature_repo.partitions import day_folder
from pipelines.archive.bins import Bin
from pipelines.archive.days import day_of
from pipelines.archive.reader import SCHEMA
from pipelines.batch.bin_rows import recomputed_rows
from pipelines.sources.recording import Recording, Stream, accepted
from pipelines.sources.simulator import simulate_person
from schemas.channels import CHANNEL_NAMES
from schemas.windows import PHASES

START_MS = 1_772_323_200_000 - 120_000
"""Two minutes before midnight, so that a short history has two days: 2026-02-28 and 2026-03-01."""

FIRST_DAY = "2026-02-28"
SECOND_DAY = "2026-03-01"

Late = Callable[[Stream], NDArray[np.bool_]]


def people(count: int, *, seconds: int = 240, start_ms: int = START_MS, seed: int = 1) -> list[Recording]:
    """Simulated people who begin together."""
    return [simulate_person(number, seed, seconds, start_ms) for number in range(count)]


def nothing_late(stream: Stream) -> NDArray[np.bool_]:
    return np.zeros(len(stream.timestamp_ms), dtype=bool)


def write_archive(
    folder: Path, persons: Sequence[Recording], *, late: Late = nothing_late, name: str = "part-0"
) -> int:
    """Writes the accepted readings by day, one file a day, late ones marked; returns how many."""
    parts = [_rows(person.user_id, each, late(each)) for person in persons for each in accepted(person).streams]
    return write_by_day(folder, pa.concat_tables(parts), pa.concat_tables(parts)["timestamp_ms"].to_numpy(), name)


def write_streamed(folder: Path, archive: Path, *, name: str = "part-0", phases: int = PHASES) -> pa.Table:
    """Writes the rows that the stream makes of what was not late; returns them."""
    ends = sorted({place.name.partition("=")[2] for place in archive.glob("day=*")})
    first = int(np.datetime64(ends[0], "ms").astype(np.int64))
    bins = [Bin(first + n * 86_400_000, first + (n + 1) * 86_400_000) for n in range(_span(ends) + 1)]
    rows = pa.concat_tables([recomputed_rows(archive, part, phases, late=False) for part in bins])
    write_by_day(folder, rows, rows[EVENT_TIMESTAMP].cast(pa.int64()).to_numpy(), name)
    return rows


def write_by_day(folder: Path, rows: pa.Table, at_ms: NDArray[np.int64], name: str) -> int:
    """One file a day."""
    days = np.array([day_of(int(at)) for at in at_ms])
    for day in np.unique(days):
        place = day_folder(folder, str(day))
        place.mkdir(parents=True, exist_ok=True)
        pq.write_table(rows.filter(pa.array(days == day)), place / name, use_dictionary=False)
    return len(at_ms)


def window_rows(**columns: Sequence[object]) -> pa.Table:
    """Rows of window features from some columns; the others are missing (numbers NaN)."""
    count = len(next(iter(columns.values())))
    schema = arrow_schema(WINDOW_FEATURES)
    given = {
        field.name: columns[field.name] if field.name in columns else _missing(field.type, count) for field in schema
    }
    return pa.table(given, schema=schema)


def _missing(kind: pa.DataType, count: int) -> pa.Array:
    return pa.array(np.full(count, np.nan)) if pa.types.is_floating(kind) else pa.nulls(count, kind)


def _span(days: Sequence[str]) -> int:
    return int((np.datetime64(days[-1]) - np.datetime64(days[0])).astype(int)) + 1


def _rows(user: str, source: Stream, late: NDArray[np.bool_]) -> pa.Table:
    count = len(source.timestamp_ms)
    given = dict(zip(source.channels, source.values.T, strict=True))
    channels = {
        name: pa.array(given[name], from_pandas=True) if name in given else pa.nulls(count, pa.float64())
        for name in CHANNEL_NAMES
    }
    return pa.table(
        {
            "user_id": [user] * count,
            "sensor_id": [source.sensor_id] * count,
            "timestamp_ms": source.timestamp_ms,
            **channels,
            "late": late,
            "kafka_partition": pa.array(np.zeros(count), pa.int32()),
            "kafka_offset": np.arange(count),
        },
        schema=SCHEMA,
    )
