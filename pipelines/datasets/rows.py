"""From the Beam step's parts to `rows/SPLIT.parquet`, sorted."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from feature_repo.columns import JOIN_KEY
from models.core.data_card import SPLITS
from models.datasets.training_set import SCHEMA
from pipelines.datasets.tally import Tally

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
