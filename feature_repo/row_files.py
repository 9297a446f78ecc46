"""Rows of many Parquet files in two steps: whose and when all of them are, then the values of those that are needed.

So memory holds the needed rows alone, however many files there are.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from feature_repo.columns import EVENT_TIMESTAMP, JOIN_KEY
from feature_repo.errors import FeatureStoreError
from feature_repo.partitions import MEASURED
from feature_repo.point_in_time import Ints, UserMoments

Item = TypeVar("Item")
Found = TypeVar("Found")

NS: Final = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}


@dataclass(frozen=True)
class Wanted:
    """Columns of some users' rows between two instants, both included."""

    schema: pa.Schema
    """Of the columns."""
    is_measured: bool
    """Whether rows say how much they measured."""
    users: pa.Array
    first_ns: int
    last_ns: int


@dataclass(frozen=True)
class Keys:
    """Rows in the order of their files; users by their position among the wanted ones."""

    file: Ints
    row: Ints
    moments: UserMoments
    measured: Ints
    """0 where rows do not say."""


def read_keys(files: Sequence[Path], wanted: Wanted) -> Keys:
    """The wanted rows; raises FeatureStoreError for a file that is torn or lacks a wanted column."""
    parts = _each(lambda file: _keys(file, wanted), files)
    row, user, at_ns, measured = (
        np.concatenate([part[column] for part in parts] or [np.empty(0, dtype=np.int64)]) for column in range(4)
    )
    return Keys(
        np.repeat(np.arange(len(parts)), [len(part[0]) for part in parts]), row, UserMoments(user, at_ns), measured
    )


def read_values(files: Sequence[Path], keys: Keys, chosen: Ints, wanted: Wanted) -> pa.Table:
    """The wanted columns of some rows, by their ascending positions in `keys`."""
    file, row = keys.file[chosen], keys.row[chosen]
    needed = np.unique(file)
    bounds = np.append(np.searchsorted(file, needed), len(file))
    work = [(files[index], row[bounds[n] : bounds[n + 1]]) for n, index in enumerate(needed)]
    return pa.concat_tables([wanted.schema.empty_table(), *_each(lambda item: _values(*item, wanted), work)])


def _keys(file: Path, wanted: Wanted) -> tuple[Ints, Ints, Ints, Ints]:
    columns = [JOIN_KEY, EVENT_TIMESTAMP, *([MEASURED] if wanted.is_measured else [])]
    table = _read(file, columns, needs=wanted.schema.names)
    user = pc.fill_null(pc.index_in(table[JOIN_KEY], value_set=wanted.users), -1).to_numpy()
    at = table[EVENT_TIMESTAMP]
    at_ns = at.cast(pa.int64()).to_numpy() * NS[at.type.unit]
    row = np.flatnonzero((user >= 0) & (at_ns >= wanted.first_ns) & (at_ns <= wanted.last_ns))
    measured = table[MEASURED].to_numpy()[row] if wanted.is_measured else np.zeros(len(row), dtype=np.int64)
    return row, user[row].astype(np.int64), at_ns[row], measured


def _values(file: Path, row: Ints, wanted: Wanted) -> pa.Table:
    table = _read(file, wanted.schema.names)
    rows = table if len(row) == table.num_rows else table.take(row)
    return rows if rows.schema.equals(wanted.schema) else rows.cast(wanted.schema)


def _read(file: Path, columns: Sequence[str], *, needs: Sequence[str] = ()) -> pa.Table:
    try:
        with pq.ParquetFile(file) as opened:
            held = opened.schema_arrow.names
            lacking = [name for name in dict.fromkeys((*columns, *needs)) if name not in held]
            if lacking:
                raise FeatureStoreError(f"{file} lacks the columns {lacking}: compute its day again, or move it away")
            return opened.read(list(columns), use_threads=False).select(columns)
    except FileNotFoundError:
        raise
    except (OSError, pa.ArrowException) as fault:
        raise FeatureStoreError(f"{file} is no whole Parquet file ({fault}): restore it, or move it away") from fault


def _each(work: Callable[[Item], Found], items: Sequence[Item]) -> list[Found]:
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return list(threads.map(work, items))
