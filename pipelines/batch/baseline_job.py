"""The Beam steps of a night's baselines: everybody's rest of each day, joined per user, into one file."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from pathlib import Path
from typing import Final

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from feature_repo.columns import EVENT_TIMESTAMP, JOIN_KEY
from feature_repo.partitions import files
from pipelines.archive.bins import Bin
from pipelines.archive.days import DAY_MS, start_ms
from pipelines.baselines.resting import Rest
from pipelines.baselines.rows import Baseline, baseline_rows, write_offline
from pipelines.batch.offline import stored_rows
from pipelines.core.errors import InputError
from pipelines.features.compute import VECTOR_NAMES
from pipelines.signals.segments import Floats, Ints
from schemas.channels import CHANNELS
from schemas.feature_table import FEATURES

ROWS_AT_ONCE: Final = 50_000
"""Offline rows held together: bounds memory, at some 500 MB a worker."""

MINUTE_MS: Final = 60_000
LEFT_OUT: Final = "eqm.left_out"
MADE_FROM: Final = "eqm.made_from"

RestOfUser = tuple[str, tuple[str, Rest]]
"""User, and of which day the rest is."""


@dataclass(frozen=True)
class RestOfDay:
    """Everybody's rest in one day of the offline store."""

    folder: Path

    def __call__(self, day: str) -> Iterator[RestOfUser]:
        found: dict[str, Rest] = {}
        for part in stretches(self.folder, day):
            for user, rest in rests(stored_rows(self.folder, part)):
                found[user] = found[user].joined(rest) if user in found else rest
        for user in sorted(found):
            yield user, (day, found[user])


def stretches(folder: Path, day: str, *, at_once: int = ROWS_AT_ONCE) -> list[Bin]:
    """A day cut at minutes, so that a part holds some `at_once` rows at most, and a minute at least."""
    begin_ms = start_ms(day)
    held = sum((_per_minute(file, begin_ms) for file in files(folder, [day])), np.zeros(DAY_MS // MINUTE_MS, dtype=int))
    cuts = np.flatnonzero(np.diff(np.cumsum(held) // at_once)) + 1
    edges = [begin_ms, *(begin_ms + cuts * MINUTE_MS).tolist(), begin_ms + DAY_MS]
    return [Bin(first, last) for first, last in pairwise(edges)]


def _per_minute(file: Path, begin_ms: int) -> Ints:
    try:
        at_ms = pq.read_table(file, columns=[EVENT_TIMESTAMP])[EVENT_TIMESTAMP].cast(pa.timestamp("ms"))
    except (OSError, pa.ArrowException) as fault:
        raise InputError(f"{file}: {fault}; restore the file, or move it away") from fault
    minute = (at_ms.cast(pa.int64()).to_numpy() - begin_ms) // MINUTE_MS
    return np.bincount(minute, minlength=DAY_MS // MINUTE_MS)


def rests(rows: pa.Table) -> Iterator[tuple[str, Rest]]:
    """Each user's rest; rows by user."""
    if not rows.num_rows:
        return
    user = rows[JOIN_KEY].combine_chunks().dictionary_encode()
    code = user.indices.to_numpy()
    bounds = [0, *(np.flatnonzero(np.diff(code)) + 1).tolist(), len(code)]
    numbers = np.stack([rows[name].to_numpy() for name in VECTOR_NAMES], axis=1)
    for first, last in pairwise(bounds):
        yield user[first].as_py(), Rest.of(*_parted(numbers[first:last]))


def _parted(numbers: Floats) -> Sequence[Floats]:
    """Features, coverage and quality."""
    return np.split(numbers, [len(FEATURES), len(FEATURES) + len(CHANNELS)], axis=1)


def joined(of_user: tuple[str, Iterable[tuple[str, Rest]]]) -> tuple[str, Rest]:
    """A user's rest of all days, joined in the order of days: the same on every runner."""
    user, parts = of_user
    return user, reduce(Rest.joined, (rest for _, rest in sorted(parts, key=lambda part: part[0])))


@dataclass(frozen=True)
class Publish:
    """Writes everybody's baselines into one file, by one rename; its metadata count the users without, by reason."""

    file: Path
    event_timestamp_ms: int
    made_from: str
    """Fingerprint of the offline files."""

    def __call__(self, found: Sequence[tuple[str, Rest]]) -> None:
        kept = [Baseline(user, rest.at_rest, rest.moments) for user, rest in found if rest.left_out is None]
        counts = Counter(rest.left_out for _, rest in found if rest.left_out is not None)
        noted = {LEFT_OUT: json.dumps(counts, sort_keys=True), MADE_FROM: self.made_from}
        write_offline(baseline_rows(kept, self.event_timestamp_ms).replace_schema_metadata(noted), self.file)


def left_out(rows: pa.Table) -> dict[str, int]:
    """The counts that `Publish` notes."""
    counts: dict[str, int] = json.loads(rows.schema.metadata[LEFT_OUT.encode()])
    return counts


def steps(rest_of_day: RestOfDay, days: Sequence[str], publish: Publish) -> Callable[[beam.Pipeline], beam.PCollection]:
    """What adds the whole job to a pipeline."""

    def build(pipeline: beam.Pipeline) -> beam.PCollection:
        return (
            pipeline
            | beam.Create(list(days))
            | beam.Reshuffle()
            | beam.FlatMap(rest_of_day)
            | beam.GroupByKey()
            | beam.Map(joined)
            | beam.combiners.ToList()
            | beam.Map(publish)
        )

    return build


def is_made_from(file: Path, made_from: str) -> bool:
    """Whether a night's file is there and of just these offline files."""
    return file.is_file() and (pq.read_metadata(file).metadata or {}).get(MADE_FROM.encode()) == made_from.encode()
