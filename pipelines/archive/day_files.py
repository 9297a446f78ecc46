"""Readings that come from elsewhere, written as files of an archive: by day, in order of time."""

from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from feature_repo.partitions import day_folder
from pipelines.archive.days import DAY_MS, day_of
from pipelines.archive.reader import SCHEMA
from schemas.whole import whole_file

READINGS_AT_ONCE: Final = 500_000
"""Readings held before they are written: bounds memory, at some 150 MB."""
ROW_GROUP: Final = 1 << 15
"""Few enough that a reader of some minutes passes over most of a day."""


class DayFiles:
    """Files of one piece of work, `part-NAME-0000` and so on; the same rows in the same order give the same bytes."""

    def __init__(self, archive: Path, name: str) -> None:
        self._archive = archive
        self._name = name
        self._held: list[pa.Table] = []
        self._flushed = 0

    def add(self, rows: pa.Table) -> None:
        """Takes rows of `SCHEMA`."""
        self._held.append(rows)
        if sum(each.num_rows for each in self._held) >= READINGS_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Writes what is held."""
        rows = pa.concat_tables([SCHEMA.empty_table(), *self._held])
        self._held = []
        rows = rows.take(np.argsort(rows["timestamp_ms"].to_numpy(), kind="stable"))
        days, first = np.unique(rows["timestamp_ms"].to_numpy() // DAY_MS, return_index=True)
        for day, (start, stop) in zip(days.tolist(), pairwise([*first.tolist(), rows.num_rows]), strict=True):
            self._write(day_of(day * DAY_MS), rows.slice(start, stop - start))
        self._flushed += 1

    def _write(self, day: str, rows: pa.Table) -> None:
        file = day_folder(self._archive, day) / f"part-{self._name}-{self._flushed:04d}"
        file.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(file) as unfinished:
            pq.write_table(rows, unfinished, use_dictionary=["user_id", "sensor_id"], row_group_size=ROW_GROUP)
