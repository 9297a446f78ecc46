"""From the Beam step's parts to `rows/SPLIT.parquet`, sorted and counted for the data card."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from feature_repo.columns import JOIN_KEY
from models.core.data_card import SPLITS
from models.datasets.training_set import BASELINE_NAMES, SCHEMA, columns, sequences
from pipelines.signals.series.segments import Floats, Ints
from schemas.feature_table import FEATURE_NAMES


class Tally:
    """Counts and hash of rows that come by user and start; how they are portioned makes no difference."""

    def __init__(self) -> None:
        self.rows = 0
        self.with_baseline = 0
        self._windows: Counter[tuple[str, str]] = Counter()
        self._people: set[tuple[str, str]] = set()
        self._missing: Ints = np.zeros(len(FEATURE_NAMES), dtype=np.int64)
        self._names, self._numbers = hashlib.sha256(), hashlib.sha256()

    def add(self, rows: pa.Table) -> None:
        """Counts some more rows."""
        user, label, split = (rows[name].to_pylist() for name in (JOIN_KEY, "label", "split"))
        self.rows += rows.num_rows
        self.with_baseline += int((~np.isnan(rows["baseline_windows"].to_numpy())).sum())
        self._windows.update(zip(split, label, strict=True))
        self._people.update(zip(split, user, strict=True))
        self._missing += np.isnan(columns(rows, FEATURE_NAMES)).sum(axis=0)
        self._names.update("".join(f"{each!r}\n" for each in zip(user, label, split, strict=True)).encode())
        self._numbers.update(_numbers(rows).tobytes())

    def people(self) -> dict[str, tuple[str, ...]]:
        """Who has windows in each split."""
        return {name: tuple(sorted(user for split, user in self._people if split == name)) for name in SPLITS}

    def windows(self, label_names: tuple[str, ...]) -> dict[str, dict[str, int]]:
        """Windows of each split and label."""
        return {name: {label: self._windows[name, label] for label in label_names} for name in SPLITS}

    def missing_share(self) -> dict[str, float]:
        """Share of the rows that lack a feature."""
        return dict(zip(FEATURE_NAMES, (self._missing / self.rows).tolist(), strict=True))

    def rows_hash(self) -> str:
        """Sixteen hex digits over every value."""
        return hashlib.sha256(self._names.digest() + self._numbers.digest()).hexdigest()[:16]


def _numbers(rows: pa.Table) -> Floats:
    """(n, numbers): all that is no text, with one kind of NaN."""
    times_ms = [rows[name].to_numpy() for name in ("window_start_ms", "window_end_ms")]
    baseline = [rows[name].to_numpy() for name in BASELINE_NAMES]
    found = np.column_stack(
        [*times_ms, columns(rows, FEATURE_NAMES), *baseline, sequences(rows).reshape(rows.num_rows, -1)]
    )
    return np.where(np.isnan(found), np.nan, found).astype("<f8")


AT_ONCE: Final = 50_000
"""Rows sorted together, or one user's: bounds memory, at some 500 MB."""


def write_rows(parts: Path, folder: Path, *, at_once: int = AT_ONCE) -> Tally:
    """Writes the rows of each split by user and start; the parts stand for windows of all users, in any order."""
    source = ds.dataset(sorted(parts.glob("*.parquet")), schema=SCHEMA, format="parquet")
    tally = Tally()
    folder.mkdir()
    with ExitStack() as opened:
        files = {name: opened.enter_context(pq.ParquetWriter(folder / f"{name}.parquet", SCHEMA)) for name in SPLITS}
        for first, last in _groups(source, at_once):
            theirs = (pc.field(JOIN_KEY) >= first) & (pc.field(JOIN_KEY) <= last)
            rows = source.to_table(filter=theirs).sort_by([(JOIN_KEY, "ascending"), ("window_start_ms", "ascending")])
            tally.add(rows)
            for name, file in files.items():
                if (mine := rows.filter(pc.field("split") == name)).num_rows:
                    file.write_table(mine)
    return tally


def _groups(source: ds.Dataset, at_once: int) -> Iterator[tuple[str, str]]:
    """First and last user of groups that have at most `at_once` rows, or one user."""
    counts = source.to_table(columns=[JOIN_KEY])[JOIN_KEY].value_counts()
    first, last, held = "", "", 0
    for each in sorted(counts.to_pylist(), key=lambda entry: entry["values"]):
        user, rows = each["values"], each["counts"]
        if held and held + rows > at_once:
            yield first, last
            held = 0
        first, last, held = user if not held else first, user, held + rows
    if held:
        yield first, last
