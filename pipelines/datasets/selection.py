"""Which windows a set has, and in which split: all that is decided before features are read."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
from numpy.typing import NDArray

from feature_repo.columns import EVENT_TIMESTAMP, JOIN_KEY, WINDOW_FEATURES
from feature_repo.offline_schema import arrow_schema
from feature_repo.partitions import MEASURED, counting_rows, read_whole
from models.core.data_card import SPLITS
from models.core.dataset import TrainedOn
from models.datasets.split import LabelledPeople
from pipelines.archive.days import Days
from pipelines.core.errors import InputError, first_line
from pipelines.datasets.reasons import Dropped, LabelsByUser, LabelUse, label_use, reaches
from pipelines.datasets.request import Choice, TrainingSetRequest
from pipelines.datasets.splits import GAP, assign
from pipelines.datasets.training_windows import label_set, origin
from pipelines.features.windowing import on_stride
from pipelines.labels.window_labels import label_windows, merged, touched
from pipelines.signals.series.segments import Ints
from schemas.records import Label

KEYS: Final = (JOIN_KEY, EVENT_TIMESTAMP, "window_start_ms", MEASURED)
CHOSEN: Final = pa.schema(
    [(JOIN_KEY, pa.string()), ("window_start_ms", pa.int64()), (MEASURED, pa.int64()), ("label", pa.string())]
)

Objects = NDArray[np.object_]


@dataclass(frozen=True)
class Selection:
    """Labelled windows by user and start, and what became of all others, and of the labels."""

    windows: pa.Table
    """Rows of `CHOSEN`."""
    candidates: int
    dropped: Counter[str]
    with_data: frozenset[Label]
    """Labels that a window touches."""


def select(offline: Path, days: Days, labels: LabelsByUser, choice: Choice) -> Selection:
    """The labelled windows among all that end in these days."""
    within = {user: [label for label in mine if reaches(days, label)] for user, mine in labels.items()}
    parts = [
        _of_user(windows, within.get(user, ()), choice)
        for day in days
        for user, windows in _by_user(window_keys(offline, day))
    ]
    windows = pa.concat_tables([CHOSEN.empty_table(), *(part.windows for part in parts)])
    return Selection(
        windows=windows.sort_by([(JOIN_KEY, "ascending"), ("window_start_ms", "ascending")]),
        candidates=sum(part.candidates for part in parts),
        dropped=sum((part.dropped for part in parts), Counter()),
        with_data=frozenset().union(*(part.with_data for part in parts)),
    )


def window_keys(offline: Path, day: str) -> pa.Table:
    """Which windows end in a day, by user and start: the rows that count, without their features."""
    schema = arrow_schema(WINDOW_FEATURES)

    def read(found: list[Path]) -> pa.Table:
        return ds.dataset(found, schema=schema, format="parquet").to_table(columns=list(KEYS))

    try:
        table = read_whole(offline, [day], read)
    except (OSError, pa.ArrowException) as fault:
        raise InputError(f"{offline}, {day}: {first_line(fault)}; restore the file, or move it away") from fault
    return table.take(counting_rows(table)).combine_chunks()


def _by_user(keys: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    if not keys.num_rows:
        return
    user = keys[JOIN_KEY].combine_chunks().dictionary_encode()
    code = user.indices.to_numpy()
    edges = [0, *(np.flatnonzero(np.diff(code)) + 1).tolist(), len(code)]
    for first, last in pairwise(edges):
        yield user[first].as_py(), keys.slice(first, last - first)


def _of_user(keys: pa.Table, labels: Sequence[Label], choice: Choice) -> Selection:
    starts_ms: Ints = keys["window_start_ms"].to_numpy()
    label, dropped = _labelled(starts_ms, labels, choice)
    kept = np.array([reason is None for reason in dropped], dtype=bool)
    windows = keys.filter(pa.array(kept)).append_column("label", pa.array(label[kept], pa.string()))
    return Selection(
        windows=windows.select(CHOSEN.names),
        candidates=len(starts_ms),
        dropped=Counter(str(reason) for reason in dropped[~kept]),
        with_data=frozenset(each for each in labels if _any(touched(starts_ms, (each.start_ms, each.end_ms)))),
    )


def _labelled(starts_ms: Ints, labels: Sequence[Label], choice: Choice) -> tuple[Objects, Objects]:
    """The label of each window, and why it has none."""
    label, dropped = label_windows(merged(labels), starts_ms, least_share=choice.least_share)
    if not labels:
        dropped[:] = Dropped.NO_LABEL
    dropped[~on_stride(starts_ms, choice.stride_s)] = Dropped.OFF_STRIDE
    return label, dropped


def _any(place: slice) -> bool:
    return bool(place.stop > place.start)


@dataclass(frozen=True)
class Chosen:
    """Labelled windows with their split, and what became of the others."""

    windows: pa.Table
    """Rows of `CHOSEN`, with `split`."""
    label_names: tuple[str, ...]
    trained_on: TrainedOn
    labels: LabelUse
    candidates: int
    dropped: Counter[str]


def choose(request: TrainingSetRequest, labels: LabelsByUser) -> Chosen:
    """Raises InputError or TrainingError where no honest set can come of it."""
    found = select(request.offline, request.days, labels, request.choice)
    days = f"from {request.days.first} to {request.days.last}"
    if not found.candidates:
        raise InputError(f"no window in {request.offline} ends {days}: name other days, or run `eqm backfill`")
    require_some(found.windows.num_rows, found.candidates, found.dropped)
    use = label_use(labels, request.days, found.with_data)
    names = _label_names(use.used, found.windows)
    place = _places(found.windows, names, request)
    windows = found.windows.append_column("split", pa.array(np.array([*SPLITS, ""])[place]))
    return Chosen(
        windows=windows.filter(pa.array(place != GAP)),
        label_names=names,
        trained_on=origin(use.used),
        labels=use,
        candidates=found.candidates,
        dropped=found.dropped + Counter({str(Dropped.SPLIT_GAP): int((place == GAP).sum())}),
    )


def require_some(kept: int, candidates: int, dropped: Mapping[str, int]) -> None:
    """Raises InputError where nothing is kept."""
    if not kept:
        why = ", ".join(f"{reason} {count:,}" for reason, count in dropped.items())
        raise InputError(f"none of {candidates:,} windows can be used: {why}")


def _label_names(used: Sequence[Label], windows: pa.Table) -> tuple[str, ...]:
    kept = set(windows["label"].unique().to_pylist())
    return label_set([label for label in used if label.label in kept])


def _places(windows: pa.Table, names: tuple[str, ...], request: TrainingSetRequest) -> Ints:
    label = np.array([names.index(name) for name in windows["label"].to_pylist()], dtype=np.int64)
    people = LabelledPeople(label, np.array(windows[JOIN_KEY].to_pylist(), dtype=np.str_), names)
    return assign(people, windows["window_start_ms"].to_numpy(), request.choice)
