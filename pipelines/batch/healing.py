"""Stored rows and recomputed rows made into one: what a late reading changes, nothing else; and its Beam step."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from feature_repo.columns import EVENT_TIMESTAMP, JOIN_KEY
from feature_repo.partitions import MEASURED, counting_rows, user_ranks
from pipelines.archive.bins import Bin
from pipelines.batch.bin_rows import recomputed_rows, stored_rows
from pipelines.features.compute import VECTOR_NAMES
from pipelines.parity.comparison import relative_difference
from schemas.feature_table import EVIDENCE_NAMES
from schemas.whole import whole_file, write_whole
from schemas.windows import HOP_MS, LATEST_MS

TOLERANCE = 1e-9
"""Values closer than this, relatively, are the same number."""

START_BITS = (LATEST_MS // HOP_MS).bit_length()

CHANGES = pa.schema(
    [
        (JOIN_KEY, pa.string()),
        ("window_start_ms", pa.int64()),
        ("change", pa.string()),
        ("samples_before", pa.int64()),
        ("samples_after", pa.int64()),
        ("numbers_changed", pa.int64()),
    ]
)


@dataclass(frozen=True)
class Healed:
    """The rows that stand from now on, and how they differ from those that stood before.

    `change` is `new` (no row stood), `changed` (another row stood), or `kept` (the row that stood measured more than
    the archive holds).
    """

    rows: pa.Table
    changes: pa.Table
    same: int

    def counts(self) -> dict[str, int]:
        kinds = self.changes["change"].to_pylist()
        return {"same": self.same, **{kind: kinds.count(kind) for kind in ("new", "changed", "kept")}}


def healed(stored: pa.Table, recomputed: pa.Table) -> Healed:
    """Both tables by user and window, each window once; so is the result.

    A stored row of an older contract, which has no evidence, gives way to any recomputed one: its numbers mean
    something else, however much it measured.
    """
    both = pa.concat_tables([stored, recomputed])
    measured = _measured(both)
    pairs = _paired(both, stored.num_rows)
    found = _changes(both, measured, pairs)
    place = both.schema.get_field_index(MEASURED)
    ranked = both.set_column(place, both.schema.field(place), pa.chunked_array([measured]))
    return Healed(both.take(counting_rows(ranked)), found, len(pairs) - found.num_rows)


def _measured(rows: pa.Table) -> NDArray[np.int64]:
    """What each row measured, below zero for one of an older contract."""
    current = rows[EVIDENCE_NAMES[-1]].is_valid().to_numpy()
    return np.where(current, rows[MEASURED].to_numpy(), -1)


def _paired(both: pa.Table, stored: int) -> NDArray[np.int64]:
    """Row numbers of each window, stored and recomputed side by side; -1 where there is none. Shape (windows, 2)."""
    key = user_ranks(both) << START_BITS | both["window_start_ms"].to_numpy() // HOP_MS
    distinct, window = np.unique(key, return_inverse=True)
    pairs = np.full((len(distinct), 2), -1, dtype=np.int64)
    row = np.arange(len(key))
    pairs[window, (row >= stored).astype(int)] = row
    return pairs


def _changes(both: pa.Table, measured: NDArray[np.int64], pairs: NDArray[np.int64]) -> pa.Table:
    before, after = pairs.T
    samples = np.append(both[MEASURED].to_numpy(), -1)
    ranked = np.append(measured, -1)
    numbers = _numbers_changed(both, pairs)
    kept = (after < 0) | (ranked[after] < ranked[before])
    changed = (before >= 0) & ~kept & ((numbers > 0) | (samples[after] != samples[before]))
    change = np.select([kept, before < 0, changed], ["kept", "new", "changed"], "same")
    listed = change != "same"
    place = np.where(after >= 0, after, before)[listed]
    columns = [
        both[JOIN_KEY].take(place),
        both["window_start_ms"].take(place),
        pa.array(change[listed]),
        *(pa.array(samples[side[listed]], mask=side[listed] < 0) for side in (before, after)),
        pa.array(numbers[listed]),
    ]
    return pa.table(columns, schema=CHANGES)


def _numbers_changed(both: pa.Table, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of every window that stands in both: how many of its numbers differ."""
    found = np.zeros(len(pairs), dtype=np.int64)
    twice = np.flatnonzero((pairs >= 0).all(axis=1))
    before, after = pairs[twice].T
    for name in VECTOR_NAMES:
        values = both[name].to_numpy()
        found[twice] += relative_difference(values[before], values[after]) > TOLERANCE
    return found


def closed(rows: pa.Table, until_ms: int) -> pa.Table:
    """The rows of windows that ended at or before an instant."""
    return rows.filter(pa.compute.less_equal(rows[EVENT_TIMESTAMP], pa.scalar(until_ms, pa.timestamp("ms"))))


@dataclass(frozen=True)
class HealBin:
    """Writes `NAME.parquet`, `_NAME.changes.parquet` and, last of all, `_NAME.json` with the counts.

    A bin that has its counts is complete: done again after a crash, it is passed over. The bytes depend on archive
    and stored rows alone, not on the runner.
    """

    archive: Path
    offline: Path
    staging: dict[str, Path]
    """Staging folder of each day."""
    until_ms: int
    """Windows that ended later may still be open: they are left to the stream."""

    def __call__(self, part: Bin) -> str:
        folder = self.staging[part.day]
        counts = folder / f"_{part.name}.json"
        if not counts.is_file():
            found = healed(stored_rows(self.offline, part), closed(recomputed_rows(self.archive, part), self.until_ms))
            if found.rows.num_rows:
                write(found.rows, folder / f"{part.name}.parquet")
            if found.changes.num_rows:
                write(found.changes, folder / f"_{part.name}.changes.parquet")
            write_whole(counts, json.dumps(found.counts()) + "\n")
        return part.name


def write(rows: "pq.pa.Table", file: Path) -> None:
    """A whole file or none. No dictionary but for users: measured numbers hardly repeat."""
    with whole_file(file) as unfinished:
        pq.write_table(rows, unfinished, compression="snappy", use_dictionary=["user_id"], row_group_size=1 << 16)
