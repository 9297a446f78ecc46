"""The archive of accepted readings, Parquet by day, read back as packed samples."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from numpy.typing import NDArray

from pipelines.core.errors import InputError
from pipelines.signals.samples import SAMPLE, pack
from schemas.channels import CHANNEL_NAMES


def open_archive(folder: Path) -> ds.Dataset:
    """The archive as a dataset; files still being written are not seen."""
    if not folder.is_dir():
        raise InputError(f"no archive at {folder}: run the features job first, or name another folder")
    return ds.dataset(folder, format="parquet", partitioning="hive")


def counts(folder: Path) -> tuple[int, int]:
    """Readings used and readings late."""
    if not folder.is_dir():
        return 0, 0
    archive = open_archive(folder)
    if not archive.files:
        return 0, 0
    late = archive.count_rows(filter=pc.field("late"))
    return archive.count_rows() - late, late


def users(folder: Path) -> list[str]:
    """Everybody in the archive, sorted."""
    column = open_archive(folder).to_table(columns=["user_id"])["user_id"]
    return sorted(pc.unique(column).to_pylist())


def samples(folder: Path, user_id: str) -> NDArray[np.void]:
    """What the stream used of one user's readings, as packed samples in no particular order."""
    mine = (pc.field("user_id") == user_id) & ~pc.field("late")
    table = open_archive(folder).to_table(columns=["timestamp_ms", *CHANNEL_NAMES], filter=mine)
    parts = [_channel(table, index, name) for index, name in enumerate(CHANNEL_NAMES)]
    return np.concatenate(parts) if parts else np.empty(0, dtype=SAMPLE)


def _channel(table: pa.Table, index: int, name: str) -> NDArray[np.void]:
    given = table.filter(pc.is_valid(table[name]))
    times = given["timestamp_ms"].to_numpy()
    return pack(times, np.full(len(times), index, dtype=np.int64), given[name].to_numpy())
