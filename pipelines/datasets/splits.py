"""Which split each labelled window is in: by person, or by time within each person."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.core.arrays import Bools, Ints
from models.core.data_card import SPLITS
from models.core.errors import TrainingError
from models.datasets.split import LabelledPeople, split_people
from pipelines.datasets.request import Choice
from schemas.windows import WINDOW_MS

SHARES: Final = (0.7, 0.15, 0.15)
GAP: Final = -1


def assign(windows: LabelledPeople, window_start_ms: Ints, choice: Choice) -> NDArray[np.int64]:
    """Index of each window's split in `SPLITS`, or `GAP`; the windows stand by person and start.

    Raises TrainingError for a split without any window, and for a label that no training window has.
    """
    if len(windows.label_names) < 2:
        raise TrainingError(
            f"all windows are labelled {', '.join(windows.label_names)}: a training set needs two labels or more"
        )
    place = by_person(windows, choice.seed) if choice.split == "person" else by_time(windows.person, window_start_ms)
    check({name: _counts(windows, place == number) for number, name in enumerate(SPLITS)})
    return place


def check(windows: Mapping[str, Mapping[str, int]]) -> None:
    """Raises TrainingError for a split without any window, and for a label that no training window has.

    `windows`: how many, by split and label.
    """
    for split, by_label in windows.items():
        if not any(by_label.values()):
            raise TrainingError(f"no window is left for {split}: label longer stretches, or more people")
    never = [label for label, count in windows["train"].items() if not count]
    if never:
        raise TrainingError(
            f"no training window is labelled {', '.join(never)}: leave the label out, or label it for more people"
        )


def by_person(windows: LabelledPeople, seed: int) -> NDArray[np.int64]:
    """Whole people, seeded, stratified by label as far as whole people allow."""
    split = split_people(windows, validation_share=SHARES[1], test_share=SHARES[2], seed=seed)
    groups = (split.train, split.validation, split.test)
    return np.select([np.isin(windows.person, people) for people in groups], range(len(groups)), GAP)


def by_time(person: NDArray[np.str_], window_start_ms: Ints) -> NDArray[np.int64]:
    """Each person's windows in order of time; no two windows of one person and different splits share an instant.

    A window that would reach into the first one of the next split is in the gap.

    >>> by_time(np.array(["ann"] * 20), np.arange(20) * 20_000).tolist()
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, 1, -1, -1, 2, 2, 2]
    """
    place = np.empty(len(person), dtype=np.int64)
    edges = np.flatnonzero(np.concatenate(([True], person[1:] != person[:-1], [True])))
    for first, last in pairwise(edges.tolist()):
        place[first:last] = _in_time(window_start_ms[first:last])
    return place


def _in_time(start_ms: Ints) -> NDArray[np.int64]:
    cuts = np.rint(np.cumsum(SHARES) * len(start_ms)).astype(np.int64)
    place = np.searchsorted(cuts, np.arange(len(start_ms)), side="right")
    for cut in cuts[cuts < len(start_ms)].tolist():
        reaching = (start_ms + WINDOW_MS > start_ms[cut]) & (np.arange(len(start_ms)) < cut)
        place[reaching] = GAP
    return place


def _counts(windows: LabelledPeople, which: Bools) -> dict[str, int]:
    counts = np.bincount(windows.label[which], minlength=len(windows.label_names))
    return dict(zip(windows.label_names, counts.tolist(), strict=True))
