"""Stored rows and recomputed rows made into one: what a late reading changes, nothing else; and its Beam step."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from feature_repo.columns import EVENT_TIMESTAMP, JOIN_KEY
from feature_repo.partitions import MEASURED, counting_rows, user_ranks
from pipelines.archive.bins import Bin
from pipelines.batch.bin_rows import recomputed_rows, stored_rows, superseded
from pipelines.features.compute import VECTOR_NAMES
from pipelines.parity.comparison import relative_difference
from pipelines.signals.series.segments import Bools
from schemas.feature_table import EVIDENCE_NAMES
from schemas.whole import whole_file, write_whole

TOLERANCE = 1e-9
"""Values closer than this, relatively, are the same number."""

KINDS: Final = ("changed", "new", "kept", "superseded")
"""Of changes, as they are told."""

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

    `change` is `new` (no row stood), `changed` (another row stood), `kept` (the row that stood measured more than the
    archive holds), or `superseded` (a row that stood is no window any more: its user's windows end at another phase).
    """

    rows: pa.Table
    changes: pa.Table
    same: int

    def counts(self) -> dict[str, int]:
        kinds = self.changes["change"].to_pylist()
        return {"same": self.same, **{kind: kinds.count(kind) for kind in KINDS}}

    def superseding(self, gone: pa.Table) -> "Healed":
        """The same, having said of some more rows that they stand no longer."""
        columns = [
            gone[JOIN_KEY],
            gone["window_start_ms"],
            pa.array(["superseded"] * gone.num_rows, pa.string()),
            gone[MEASURED],
            pa.nulls(gone.num_rows, pa.int64()),
            pa.array(np.zeros(gone.num_rows, dtype=np.int64)),
        ]
        return replace(self, changes=pa.concat_tables([self.changes, pa.table(columns, schema=CHANGES)]))


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
    starts, start = np.unique(both["window_start_ms"].to_numpy(), return_inverse=True)
    key = user_ranks(both) * len(starts) + start
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


def closed(rows: pa.Table, until_ms: int) -> Bools:
    """Rows of windows that ended at or before an instant."""
    ended: Bools = rows[EVENT_TIMESTAMP].cast(pa.timestamp("ms")).cast(pa.int64()).to_numpy() <= until_ms
    return ended


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
    phases: int
    """In so many do users' windows end."""

    def __call__(self, part: Bin) -> str:
        folder = self.staging[part.day]
        counts = folder / f"_{part.name}.json"
        if not counts.is_file():
            found = self._healed(part)
            if found.rows.num_rows:
                write(found.rows, folder / f"{part.name}.parquet")
            if found.changes.num_rows:
                write(found.changes, folder / f"_{part.name}.changes.parquet")
            write_whole(counts, json.dumps(found.counts()) + "\n")
        return part.name

    def _healed(self, part: Bin) -> Healed:
        stored = stored_rows(self.offline, part)
        recomputed = recomputed_rows(self.archive, part, self.phases)
        recomputed = recomputed.filter(pa.array(closed(recomputed, self.until_ms)))
        gone = superseded(self.archive, part, stored, self.phases) & closed(stored, self.until_ms)
        return healed(stored.filter(pa.array(~gone)), recomputed).superseding(stored.filter(pa.array(gone)))


def write(rows: "pq.pa.Table", file: Path) -> None:
    """A whole file or none. No dictionary but for users: measured numbers hardly repeat."""
    with whole_file(file) as unfinished:
        pq.write_table(rows, unfinished, compression="snappy", use_dictionary=["user_id"], row_group_size=1 << 16)
