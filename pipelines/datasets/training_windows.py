"""Labelled windows of the archive: what a model is trained on, computed by the stream's own feature function."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from models.core.dataset import COLUMNS, Dataset, TrainedOn
from models.datasets.split import Split
from pipelines.archive import reader as archive
from pipelines.core.errors import InputError
from pipelines.features.compute import compute_windows
from pipelines.features.windowing import Windows, on_stride, windows
from pipelines.labels.window_labels import UNLABELLED, contradicted, window_labels
from schemas.labels import LABEL_SETS
from schemas.records import Label
from schemas.windows import WINDOW_MS, user_phase_ms

LEAST_SHARE = 0.75
"""A window is labelled when one label covers at least this share of it."""

STRIDE_S = 10
"""Windows start every 5 s and share 55 s with the next; training takes every other one."""

SIMULATED = "simulator"
"""Source of the labels that the simulator gives."""


@dataclass(frozen=True)
class LabelledWindows:
    """The windows of everybody who has labels, and how many windows were left out."""

    dataset: Dataset
    dropped: int
    split: Split | None = None
    """Who trains, stops and is held out, where that is already decided."""
    contradicted: int = 0
    """Of the windows left out, those that touch labels that contradict each other."""


def labelled_windows(
    folder: Path, labels: Mapping[str, Sequence[Label]], phases: int, progress: Callable[[int, int], None]
) -> LabelledWindows:
    """Computes labelled windows of everybody in the archive, as users' windows end in so many phases.

    `progress` gets people done and people in all.
    """
    people = [user for user in archive.users(folder) if labels.get(user)]
    if not people:
        raise InputError(f"nobody in the archive at {folder} has labels: replay labelled recordings first")
    given = [label for user in people for label in labels[user]]
    names, trained_on = label_set(given), origin(given)
    parts, dropped, contradictory = [], 0, 0
    for done, user in enumerate(people, start=1):
        formed = every(windows(archive.samples(folder, user), user_phase_ms(user, phases)), stride_s=STRIDE_S)
        part, without, between = _of_user(formed, user, labels[user], names, trained_on)
        parts.append(part)
        dropped += without
        contradictory += between
        progress(done, len(people))
    return LabelledWindows(_joined(parts), dropped, contradicted=contradictory)


def label_set(labels: Sequence[Label]) -> tuple[str, ...]:
    """The declared label set that holds all labels given; of its labels, those given, in its order.

    >>> def of(name): return Label(user_id="u", label=name, start_ms=10**12, end_ms=10**12 + 1, source="protocol")
    >>> label_set([of("stress"), of("calm")])
    ('calm', 'stress')
    """
    given = {label.label for label in labels}
    for names in LABEL_SETS.values():
        if given <= set(names):
            return tuple(name for name in names if name in given)
    known = "; ".join(f"{name}: {', '.join(names)}" for name, names in LABEL_SETS.items())
    raise InputError(f"labels {sorted(given)} belong to no label set; there are {known}")


def origin(labels: Sequence[Label]) -> TrainedOn:
    """Whether the people are simulated; people of both kinds make no honest training set."""
    simulated = {label.source == SIMULATED for label in labels}
    if len(simulated) > 1:
        raise InputError(
            "labels of simulated and of recorded people are mixed: train on one kind, in a home of its own"
        )
    return "simulated people" if simulated.pop() else "recorded people"


def _of_user(
    formed: Windows, user: str, labels: Sequence[Label], names: tuple[str, ...], trained_on: TrainedOn
) -> tuple[Dataset | None, int, int]:
    """A user's labelled windows, how many others there are, and how many of these touch a contradiction."""
    label, why = window_labels(labels, names, formed.window_start_ms, least_share=LEAST_SHARE)
    keep = label != UNLABELLED
    if not keep.any():
        return None, len(keep), contradicted(why)
    computed = compute_windows(formed.window_start_ms, formed.samples, formed.offsets)
    features = computed.features[keep].astype(np.float32)
    dataset = Dataset(
        features=features,
        baseline=np.full_like(features, np.nan),
        sequence=computed.sequence[keep],
        label=label[keep],
        person=np.full(int(keep.sum()), user),
        window_end_ms=formed.window_start_ms[keep] + WINDOW_MS,
        label_names=names,
        trained_on=trained_on,
    )
    return dataset, int((~keep).sum()), contradicted(why)


def every(formed: Windows, *, stride_s: int) -> Windows:
    """One user's windows that a stride takes."""
    rows = np.flatnonzero(on_stride(formed.window_start_ms, stride_s))
    parts = [formed.samples[formed.offsets[row] : formed.offsets[row + 1]] for row in rows]
    offsets = np.concatenate([[0], np.cumsum([len(part) for part in parts], dtype=np.int64)])
    samples = np.concatenate(parts) if parts else formed.samples[:0]
    return Windows(formed.window_start_ms[rows], samples, offsets)


def _joined(parts: Sequence[Dataset | None]) -> Dataset:
    found = [part for part in parts if part is not None]
    if not found:
        raise InputError("no label covers any window of the archive: labels and readings are of different times")
    joined = {column: np.concatenate([getattr(part, column) for part in found]) for column in COLUMNS}
    return replace(found[0], **joined)
