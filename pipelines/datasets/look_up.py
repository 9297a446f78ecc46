"""The features of chosen windows as the feature store knew them at each window's end, staged by day."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from feature_repo.columns import JOIN_KEY, USER_BASELINE, WINDOW_FEATURES
from feature_repo.partitions import MEASURED
from models.datasets.training_set import BASELINE_NAMES, SCHEMA
from pipelines.archive.days import DAY_MS, day_of
from pipelines.datasets.reasons import Dropped
from pipelines.signals.series.segments import Floats, Ints
from schemas.feature_table import FEATURE_NAMES
from schemas.windows import WINDOW_MS

AT_ONCE: Final = 100_000
"""Windows asked for together: bounds memory, at some 1 GB."""

Retrieve = Callable[[Sequence[str], Ints, Sequence[str]], pd.DataFrame]
"""`feature_repo.retrieval.historical` of a store: users, moments in milliseconds, views."""

KNOWN: Final = pa.schema([*(field for field in SCHEMA if field.name != "sequence"), pa.field(MEASURED, pa.int64())])
"""A row without its sequence, and how many values its features were made of."""


def stage_known(retrieve: Retrieve, windows: pa.Table, folder: Path, *, at_once: int = AT_ONCE) -> Counter[str]:
    """Writes `KNOWN` rows, a file or more for each day of window ends; returns what was left out, by reason."""
    folder.mkdir()
    dropped: Counter[str] = Counter()
    for name, asked in _portions(windows, at_once):
        rows = known_rows(retrieve, asked)
        dropped[str(Dropped.NOT_THE_WINDOW)] += asked.num_rows - rows.num_rows
        pq.write_table(rows, folder / name)
    return dropped


def known_rows(retrieve: Retrieve, asked: pa.Table) -> pa.Table:
    """Window features and baseline of each window at its end; without the windows whose own row was not given."""
    ends_ms = asked["window_start_ms"].to_numpy() + WINDOW_MS
    found = retrieve(asked[JOIN_KEY].to_pylist(), ends_ms, (WINDOW_FEATURES, USER_BASELINE))
    theirs = np.ones(len(ends_ms), dtype=bool)
    for name in ("window_start_ms", MEASURED):
        theirs &= found[name].to_numpy(dtype=np.float64) == asked[name].to_numpy()
    columns = {
        "window_end_ms": ends_ms,
        **{name: asked[name] for name in (JOIN_KEY, "window_start_ms", MEASURED, "label", "split")},
        **{name: _numbers(found, name) for name in (*FEATURE_NAMES, *BASELINE_NAMES)},
    }
    return pa.table({name: columns[name] for name in KNOWN.names}, schema=KNOWN).filter(pa.array(theirs))


def _numbers(found: pd.DataFrame, name: str) -> Floats:
    """A column with NaN where missing."""
    column: Floats = found[name].to_numpy(dtype=np.float64, na_value=np.nan)
    return column


def _portions(windows: pa.Table, at_once: int) -> Iterator[tuple[str, pa.Table]]:
    """The windows of each day, by their end, a portion at a time; each with a name that is a file's."""
    day_number = (windows["window_start_ms"].to_numpy() + WINDOW_MS) // DAY_MS
    for number in np.unique(day_number).tolist():
        rows = np.flatnonzero(day_number == number)
        for first in range(0, len(rows), at_once):
            name = f"{staged_day(day_of(number * DAY_MS))}{first:09d}.parquet"
            yield name, windows.take(pa.array(rows[first : first + at_once]))


def staged_day(day: str) -> str:
    """What the names of a day's staged files begin with."""
    return f"{day}-"
