"""The Beam step of a backfill: one bin's rows, merged with those that stand, into the day's staging folder."""

import json
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from pipelines.archive.bins import Bin
from pipelines.batch.healing import closed, healed
from pipelines.batch.offline import stored_rows
from pipelines.batch.recomputed import recomputed_rows
from schemas.whole import whole_file, write_whole


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
