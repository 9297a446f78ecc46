"""A night's baselines: everybody's resting level of the days before a midnight, into the feature store."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import reduce
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from feature_repo import partitions
from feature_repo.columns import EVENT_TIMESTAMP, JOIN_KEY, USER_BASELINE
from feature_repo.folders import offline_folder
from feature_repo.partitions import day_folder, files
from pipelines.archive.bins import Bin
from pipelines.archive.days import DAY_MS, Days, day_of, start_ms
from pipelines.baselines.resting import Rest
from pipelines.baselines.rows import Baseline, baseline_rows, opened, write_offline, write_online
from pipelines.batch.bin_rows import stored_rows
from pipelines.batch.engine import pipeline_options, run
from pipelines.batch.generation import fingerprint
from pipelines.core.errors import InputError, SettingsError
from pipelines.core.settings import Settings
from pipelines.features.compute import VECTOR_NAMES
from pipelines.signals.series.segments import Floats, Ints
from schemas.channels import CHANNEL_NAMES
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
    """Features and quality."""
    places = [VECTOR_NAMES.index(f"quality_{name}") for name in CHANNEL_NAMES]
    return numbers[:, : len(FEATURES)], numbers[:, places]


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


HISTORY_DAYS: Final = 7
FILE: Final = "nightly.parquet"
WORTH_A_WORKER: Final = 2_000_000
"""Offline rows that are read in the time that a local worker takes to start."""


@dataclass(frozen=True)
class BaselineSummary:
    """What a night did."""

    day: str
    """The last day of the history."""
    event_timestamp_ms: int
    """The midnight that ends it, from which on the rows count."""
    days: int
    """Days of the history that have offline rows."""
    users: int
    """Rows written."""
    online_rows: int
    """Those of them that the online store took: it keeps fresher ones."""
    left_out: dict[str, int]
    """Users without enough windows at rest, by reason."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def history(day: str) -> list[str]:
    """The days whose windows tell of rest: those that end with `day`, so all windows that end before its last midnight.

    >>> history("2026-03-01")[0], history("2026-03-01")[-1]
    ('2026-02-23', '2026-03-01')
    """
    return [day_of(start_ms(day) - n * DAY_MS) for n in reversed(range(HISTORY_DAYS))]


def refresh_baselines(settings: Settings, day: str, *, now_ms: int, beam: Sequence[str] = ()) -> BaselineSummary:
    """Takes every user's baseline of the seven days that end with `day`, offline first, then online.

    The rows of a night are one file, replaced as a whole by one rename; equal offline rows give equal bytes, and
    offline files that have not changed are not read again. `beam`:
    Beam's own options. Raises SettingsError for a day that has not ended at `now_ms`, InputError or StackError
    where the offline rows or the store cannot be used.
    """
    at_ms = start_ms(day) + DAY_MS
    if at_ms > now_ms:
        raise SettingsError(f"{day} has not ended: its baselines can be taken after midnight UTC")
    store = opened(settings)
    held = [each for each in history(day) if files(settings.features_folder, [each])]
    file = day_folder(offline_folder(settings.feast_folder, USER_BASELINE), day_of(at_ms)) / FILE
    made_from = fingerprint(files(settings.features_folder, held), HISTORY_DAYS)
    if not is_made_from(file, made_from):
        work = steps(RestOfDay(settings.features_folder), held, Publish(file, at_ms, made_from))
        workers = min(len(held), _rows(settings.features_folder, held) // WORTH_A_WORKER)
        run(pipeline_options(beam, items=workers), work)
    rows = pq.read_table(file)
    return BaselineSummary(day, at_ms, len(held), rows.num_rows, write_online(store, rows), left_out(rows))


def _rows(folder: Path, days: Sequence[str]) -> int:
    total = 0
    for file in files(folder, days):
        try:
            total += pq.read_metadata(file).num_rows
        except (OSError, pa.ArrowException) as fault:
            raise InputError(f"{file} is no readable Parquet ({fault}); restore it, or move it away") from fault
    return total


def nights(settings: Settings, days: Days, *, now_ms: int) -> list[str]:
    """The days that have ended and whose baselines tell of some of these days."""
    last = min(days.end_ms + (HISTORY_DAYS - 1) * DAY_MS, start_ms(day_of(now_ms)))
    all_days = (day_of(at_ms) for at_ms in range(days.start_ms, last, DAY_MS))
    held = set(partitions.days(settings.features_folder))
    return [day for day in all_days if held.intersection(history(day))]
