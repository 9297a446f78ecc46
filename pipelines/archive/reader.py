"""The one reader of archived readings, Parquet by day: of a bin and everybody in it, or of one user over all days.

Files whose names begin with `.` or `_` are unfinished, and nobody reads them.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from numpy.typing import NDArray

from feature_repo.partitions import ranks
from pipelines.archive.bins import Bin
from pipelines.archive.listing import all_files, archive_files, counting, listed_alike, read_listed
from pipelines.core.errors import InputError, first_line
from pipelines.signals.series.samples import CHANNEL_SLOTS, INSTANT_SLOTS, SAMPLE, SOURCE_SLOTS
from schemas.channels import CHANNEL_NAMES

UserSamples = tuple[str, NDArray[np.void]]

SCHEMA = pa.schema(
    [
        ("user_id", pa.string()),
        ("sensor_id", pa.string()),
        ("timestamp_ms", pa.int64()),
        *((name, pa.float64()) for name in CHANNEL_NAMES),
        ("late", pa.bool_()),
        ("kafka_partition", pa.int32()),
        ("kafka_offset", pa.int64()),
    ]
)
"""An accepted reading as the features job archives it."""

COLUMNS = ("user_id", "sensor_id", "timestamp_ms", *CHANNEL_NAMES, "kafka_partition", "kafka_offset")


def open_archive(folder: Path) -> ds.Dataset:
    """All finished files as one dataset, the day a column of it."""
    _require(folder)

    def opened(files: Path | Sequence[str]) -> ds.Dataset:
        return ds.dataset(files, format="parquet", partitioning="hive")

    found = listed_alike(lambda: [Path(file) for file in opened(folder).files])
    kept = [str(file) for file in counting(found)]
    return opened(kept if kept else folder)


def footer(file: Path) -> pq.FileMetaData:
    """What a file says of itself; raises InputError for a file that is no whole Parquet, or not of the archive, and
    FileNotFoundError for one that is gone.
    """
    try:
        with pq.ParquetFile(file) as opened:
            schema, metadata = opened.schema_arrow, opened.metadata
    except FileNotFoundError:
        raise
    except (OSError, pa.ArrowException) as fault:
        raise InputError(
            f"{file} is no readable Parquet ({first_line(fault)}); restore it, or move it out of the archive"
        ) from fault
    for wanted in SCHEMA:
        if wanted.name not in schema.names or schema.field(wanted.name).type != wanted.type:
            raise InputError(f"{file}: column {wanted.name} must be {wanted.type}; it was written by another version")
    return metadata


def time_spans(file: Path) -> list[tuple[int, int] | None]:
    """First and last time (ms) of each of a file's row groups; None where it does not say. Raises as `footer` does."""
    metadata = footer(file)
    at = metadata.schema.to_arrow_schema().get_field_index("timestamp_ms")
    groups = (metadata.row_group(n).column(at).statistics for n in range(metadata.num_row_groups))
    return [(each.min, each.max) if each is not None and each.has_min_max else None for each in groups]


def counts(folder: Path) -> tuple[int, int]:
    """Readings used and readings late."""
    if not folder.is_dir():
        return 0, 0

    def counted() -> tuple[int, int]:
        archive = open_archive(folder)
        if not archive.files:
            return 0, 0
        late = archive.count_rows(filter=pc.field("late"))
        return archive.count_rows() - late, late

    return read_listed(counted)


def users(folder: Path) -> list[str]:
    """Everybody in the archive, sorted."""
    return sorted(pc.unique(_of_all_days(folder, ["user_id"], None)["user_id"]).to_pylist())


def samples(folder: Path, user_id: str) -> NDArray[np.void]:
    """What the stream used of one user's readings, as packed samples in no particular order."""
    mine = (pc.field("user_id") == user_id) & ~pc.field("late")
    table = _of_all_days(folder, COLUMNS, mine)
    return _packed(table, np.zeros(table.num_rows, dtype=np.int32))[1]


def samples_by_user(
    archive: Path, part: Bin, *, late: bool = True, users: Collection[str] | None = None
) -> Iterator[UserSamples]:
    """Everybody's samples in a bin, users ascending, each in no particular order; `late`: with the late readings.

    `users`: only theirs.
    """
    table = _readings(archive, part, late=late)
    if users is not None:
        table = table.filter(pc.is_in(table["user_id"], pa.array(sorted(users), pa.string())))
    if not table.num_rows:
        return
    user = table["user_id"].combine_chunks().dictionary_encode()
    names = np.array(user.dictionary.to_pylist(), dtype=object)
    owner, samples = _packed(table, user.indices.to_numpy())
    order = np.argsort(owner, kind="stable")
    bounds = np.searchsorted(owner[order], np.arange(len(names) + 1))
    samples = samples[order]
    for code in np.argsort(names):
        yield str(names[code]), samples[bounds[code] : bounds[code + 1]]


def _readings(archive: Path, part: Bin, *, late: bool) -> pa.Table:
    low, high = part.read_ms
    chosen = (pc.field("timestamp_ms") >= low) & (pc.field("timestamp_ms") < high)
    return _read(
        lambda: [file for day in part.reads_days for file in archive_files(archive, day)],
        COLUMNS,
        chosen if late else chosen & ~pc.field("late"),
        f"{archive}, {part.day}",
    )


def _of_all_days(folder: Path, columns: Sequence[str], chosen: pc.Expression | None) -> pa.Table:
    _require(folder)
    return _read(lambda: all_files(folder), columns, chosen, folder)


def _require(folder: Path) -> None:
    if not folder.is_dir():
        raise InputError(f"no archive at {folder}: run the features job first, or name another folder")


def _read(
    listed: Callable[[], list[Path]], columns: Sequence[str], chosen: pc.Expression | None, where: Path | str
) -> pa.Table:
    """Some columns of the chosen rows; a file that cannot be read is an InputError that says `where`."""

    def read() -> pa.Table:
        return ds.dataset(listed(), schema=SCHEMA, format="parquet").to_table(columns=list(columns), filter=chosen)

    try:
        return read_listed(read)
    except (OSError, pa.ArrowException) as fault:
        raise InputError(f"{where}: {first_line(fault)}; restore the file, or move it out of the archive") from fault


def _packed(table: pa.Table, owner: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.void]]:
    """Every value of every channel as a sample, and whose it is; beats as they arrived."""
    at = table["timestamp_ms"].to_numpy() * INSTANT_SLOTS + _source(table["sensor_id"], owner) * CHANNEL_SLOTS
    owners, parts = [owner[:0]], [np.empty(0, dtype=SAMPLE)]
    for index, name in enumerate(CHANNEL_NAMES):
        column = table[name]
        if column.null_count < len(column):
            given = np.flatnonzero(column.is_valid().to_numpy())
            if name == "ibi":
                given = given[_arrival(table, given)]
            part = np.empty(len(given), dtype=SAMPLE)
            part["key"] = at[given] + index
            part["value"] = column.to_numpy()[given]
            owners.append(owner[given])
            parts.append(part)
    return np.concatenate(owners), np.concatenate(parts)


def _source(sensor_id: pa.ChunkedArray, owner: NDArray[np.int32]) -> NDArray[np.int64]:
    """The number of each row's sensor, by name. It need only tell the sensors of one user apart, in order."""
    source = ranks(pc.fill_null(sensor_id, ""))
    names = source.max(initial=0) + 1
    if names > SOURCE_SLOTS:
        pairs, place = np.unique(owner * names + source, return_inverse=True)
        first = np.searchsorted(pairs, owner * names)
        source = np.minimum(place - first, SOURCE_SLOTS - 1)
    return source


def _arrival(table: pa.Table, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Places of rows in the order of the topic; rows that came from no topic stay as they stand."""
    partition, offset = (pc.fill_null(table[name], -1).to_numpy()[rows] for name in ("kafka_partition", "kafka_offset"))
    order: NDArray[np.int64] = np.lexsort((offset, partition))
    return order
