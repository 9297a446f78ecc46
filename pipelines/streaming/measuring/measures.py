"""What the Python calls measure, added up until the rows of a batch take it to the JVM.

Beam's metrics, which PyFlink offers, are sent with every bundle, each as a message of its own, moved or not; that is
dear where batches are small (docs/decisions/0019-metrics-travel-with-the-rows.md). Here a batch brings one value: all
that has been counted since the last, as integers in the order of the table. `Counted.java` adds them to Flink's.
"""

import threading
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from struct import Struct
from typing import Final

import orjson

from schemas.metrics.series import UPPER_END, counted
from schemas.metrics.table import METRICS, MetricKind, Place

_BOUNDS: Final = {metric.name: metric.bounds for metric in METRICS if metric.kind == MetricKind.HISTOGRAM}
MICROSECONDS: Final = 1e6

InForce = tuple[tuple[str, str, str], ...]
"""Role, name and version of each model that answers."""


class Measures:
    """Counts of one call's steps. Any thread may add."""

    def __init__(self, *places: Place) -> None:
        series = counted(*places)
        self._places = {
            (each.name, *(value for label, value in each.labels if label != UPPER_END)): at
            for at, each in reversed(list(enumerate(series)))
        }
        """Of a histogram's buckets the first."""
        self._layout = Struct(f"<{len(series)}q")
        self._counts = [0] * len(series)
        self._lock = threading.Lock()
        self._in_force: InForce = ()
        self._told: InForce = ()

    def add(self, metric: str, count: int, *values: str) -> None:
        """Counts; KeyError for what the table does not have, or not there."""
        place = self._places[metric, *values]
        with self._lock:
            self._counts[place] += count

    def observe(self, metric: str, value: float, *values: str) -> None:
        """A value of a histogram, in its unit."""
        bounds = _BOUNDS[metric]
        first = self._places[f"{metric}_bucket", *values]
        total = first + len(bounds) + 1
        with self._lock:
            for bucket in range(first + bisect_left(bounds, value), total):
                self._counts[bucket] += 1
            self._counts[total] += round(value)
            self._counts[total + 1] += 1

    def took(self, stage: str, seconds: float) -> None:
        """How long a stage took for its batch."""
        self.observe("stage_us", seconds * MICROSECONDS, stage)

    def in_force(self, models: Iterable[tuple[str, str, str]]) -> None:
        """Role, name and version of each model that answers now."""
        self._in_force = tuple(models)

    def column(self, rows: int) -> list[bytes | None]:
        """What the rows of a batch bring: the first all that was counted since the last call, the others nothing."""
        return [self.taken(), *[None] * (rows - 1)] if rows else []

    def taken(self) -> bytes:
        """Counts as little-endian int64 in the order of the table, then as JSON who is in force, where that is new."""
        with self._lock:
            counts, self._counts = self._counts, [0] * len(self._counts)
        told, self._told = self._told, self._in_force
        return self._layout.pack(*counts) + (b"" if told == self._in_force else orjson.dumps(self._in_force))


def read(blob: bytes, *places: Place) -> tuple[dict[tuple[str, ...], int], Sequence[Sequence[str]] | None]:
    """The inverse of `taken`: what moved, by name and values of labels; who is in force, where that is told."""
    series = counted(*places)
    layout = Struct(f"<{len(series)}q")
    counts = zip(series, layout.unpack_from(blob), strict=True)
    moved = {(each.name, *(value for _, value in each.labels)): count for each, count in counts if count}
    rest = blob[layout.size :]
    return moved, orjson.loads(rest) if rest else None
