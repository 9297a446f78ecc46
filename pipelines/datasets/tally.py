"""What the data card tells of the rows, counted while they are written."""

import hashlib
from collections import Counter

import numpy as np
import pyarrow as pa

from feature_repo.columns import JOIN_KEY
from models.core.data_card import SPLITS
from models.datasets.training_set import BASELINE_NAMES, columns, sequences
from pipelines.signals.segments import Floats, Ints
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
