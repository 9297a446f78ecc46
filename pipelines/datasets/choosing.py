"""Which windows a set has, and in which split: all that is decided before features are read."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from feature_repo.columns import JOIN_KEY
from models.core.data_card import SPLITS
from models.core.dataset import TrainedOn
from models.datasets.split import LabelledPeople
from pipelines.core.errors import InputError
from pipelines.datasets.label_use import LabelsByUser, LabelUse, label_use
from pipelines.datasets.reasons import Dropped
from pipelines.datasets.request import Request
from pipelines.datasets.selection import select
from pipelines.datasets.splits import GAP, assign
from pipelines.datasets.training_windows import label_set, origin
from pipelines.signals.segments import Ints
from schemas.records import Label


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


def choose(request: Request, labels: LabelsByUser) -> Chosen:
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


def _places(windows: pa.Table, names: tuple[str, ...], request: Request) -> Ints:
    label = np.array([names.index(name) for name in windows["label"].to_pylist()], dtype=np.int64)
    people = LabelledPeople(label, np.array(windows[JOIN_KEY].to_pylist(), dtype=np.str_), names)
    return assign(people, windows["window_start_ms"].to_numpy(), request.choice)
