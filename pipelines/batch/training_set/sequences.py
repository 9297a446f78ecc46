"""The Beam step of a training set: one bin's chosen windows get their sequences, computed from the archive."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from feature_repo.columns import JOIN_KEY
from feature_repo.partitions import MEASURED
from models.core.inputs import SEQUENCE_SHAPE
from models.datasets.training_set import SCHEMA, columns
from pipelines.archive.bins import Bin
from pipelines.archive.reader import samples_by_user
from pipelines.datasets.look_up import KNOWN, staged_day
from pipelines.datasets.reasons import Dropped
from pipelines.features.compute import WindowFeatures, compute_windows
from pipelines.features.windowing import windows_at
from pipelines.parity.comparison import relative_difference
from pipelines.signals.series.segments import Ints
from schemas.feature_table import FEATURE_NAMES
from schemas.whole import whole_file, write_whole

TOLERANCE: Final = 1e-9
"""Relative difference of two features that are one: both writers use one function on the same readings."""


@dataclass(frozen=True)
class AddSequences:
    """Writes a bin's whole rows, `DAY-BIN.parquet`, and the counts of what it left out, `DAY-BIN.json`.

    Done twice it writes the same: any runner may repeat it.
    """

    archive: Path
    known: Path
    """Folder of staged `KNOWN` rows."""
    parts: Path

    def __call__(self, part: Bin) -> str:
        name = f"{part.day}-{part.name}"
        rows, dropped = completed(self.archive, part, self._known(part))
        with whole_file(self.parts / f"{name}.parquet") as unfinished:
            pq.write_table(rows, unfinished)
        write_whole(self.parts / f"{name}.json", json.dumps(dropped))
        return name

    def _known(self, part: Bin) -> pa.Table:
        low, high = part.starts_ms
        inside = (pc.field("window_start_ms") >= low) & (pc.field("window_start_ms") < high)
        files = sorted(self.known.glob(f"{staged_day(part.day)}*"))
        found = ds.dataset(files, schema=KNOWN, format="parquet").to_table(filter=inside)
        return found.sort_by([(JOIN_KEY, "ascending"), ("window_start_ms", "ascending")])


def completed(archive: Path, part: Bin, known: pa.Table) -> tuple[pa.Table, Counter[str]]:
    """Rows of `SCHEMA` for those windows whose features were made of just the readings that the archive has."""
    measured = np.zeros(known.num_rows, dtype=np.int64)
    again = np.full((known.num_rows, len(FEATURE_NAMES)), np.nan)
    sequence = np.full((known.num_rows, *SEQUENCE_SHAPE), np.nan, dtype=np.float32)
    for rows, found in _computed(archive, part, known):
        measured[rows], again[rows], sequence[rows] = found.samples, found.features, found.sequence
    same = measured == known[MEASURED].to_numpy()
    same &= (relative_difference(columns(known, FEATURE_NAMES), again) <= TOLERANCE).all(axis=1)
    dropped = Counter(
        {
            str(Dropped.NOT_IN_ARCHIVE): int((measured == 0).sum()),
            str(Dropped.NOT_HEALED): int((~same & (measured > 0)).sum()),
        }
    )
    lists = pa.FixedSizeListArray.from_arrays(sequence.ravel(), type=SCHEMA.field("sequence").type)
    return known.append_column("sequence", lists).select(SCHEMA.names).filter(pa.array(same)), dropped


def _computed(archive: Path, part: Bin, known: pa.Table) -> Iterator[tuple[Ints, WindowFeatures]]:
    """Rows of `known`, and what the archive's readings give for them, at whatever phase their windows ended."""
    user = known[JOIN_KEY].to_numpy()
    starts_ms = known["window_start_ms"].to_numpy()
    for name, samples in samples_by_user(archive, part, users=set(user.tolist())):
        mine = np.flatnonzero(user == name)
        for formed in windows_at(samples, starts_ms[mine]):
            rows, mine = mine[: len(formed.window_start_ms)], mine[len(formed.window_start_ms) :]
            yield rows, compute_windows(formed.window_start_ms, formed.samples, formed.offsets)
