"""Train, validation and test people. Nobody is ever in two of them."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from models.arrays import Bools
from models.dataset import Dataset
from models.errors import TrainingError

Names = tuple[str, ...]


@dataclass(frozen=True)
class Split:
    """Three groups of people, checked to be disjoint and not empty. Rows are only ever chosen through people."""

    train: Names
    validation: Names
    test: Names

    def __post_init__(self) -> None:
        groups = (self.train, self.validation, self.test)
        everybody = [person for group in groups for person in group]
        twice = sorted({person for person in everybody if everybody.count(person) > 1})
        if twice:
            raise TrainingError(f"split: {', '.join(twice)} would be in two of train, validation and test")
        if not all(groups):
            raise TrainingError("split: train, validation and test each need at least one person")


def split_by_person(dataset: Dataset, *, validation_share: float, test_share: float, seed: int) -> Split:
    """Seeded, label-stratified as far as whole people allow; every label stays among the training people."""
    if len(dataset.people) < 3:
        raise TrainingError(
            f"split by person: {len(dataset.people)} people have labelled windows, at least 3 are needed"
            " (train, validation, test); label more people"
        )
    _need_every_label(dataset, "in the whole data set")
    rest, test = _hold_out(dataset, test_share, seed)
    train, validation = _hold_out(dataset.of(rest), validation_share / (1 - test_share), seed)
    _need_every_label(dataset.of(train), "among the training people, whoever is held out")
    return Split(train, validation, test)


def _need_every_label(dataset: Dataset, where: str) -> None:
    counts = np.bincount(dataset.label, minlength=len(dataset.label_names))
    never = [name for name, count in zip(dataset.label_names, counts, strict=True) if count == 0]
    if never:
        raise TrainingError(
            f"no window is labelled {', '.join(never)} {where}: leave the label out, or label it for more people"
        )


def _hold_out(dataset: Dataset, share: float, seed: int) -> tuple[Names, Names]:
    """Of the folds possible, one drawn among those that leave most labels to the rest, then show most labels, then fit.

    Fits are told apart to a tenth of the windows, so that the seed has something to choose from.
    """

    def merit(held: Names) -> tuple[int, int, float]:
        inside = np.isin(dataset.person, held)
        return _labels(dataset, ~inside), _labels(dataset, inside), -round(abs(float(inside.mean()) - share), 1)

    merits = {held: merit(held) for held in _folds(dataset, share, seed)}
    best = [held for held, its in merits.items() if its == max(merits.values())]
    held = best[np.random.default_rng(seed).integers(len(best))]
    return tuple(person for person in dataset.people if person not in held), held


def _labels(dataset: Dataset, rows: Bools) -> int:
    return len(np.unique(dataset.label[rows]))


def _folds(dataset: Dataset, share: float, seed: int) -> Iterator[Names]:
    folds = min(max(2, round(1 / share)), len(dataset.people))
    cutter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        cuts = list(cutter.split(dataset.features, dataset.label, dataset.person))
    for rest, held in cuts:
        if len(rest) and len(held):
            yield tuple(str(person) for person in np.unique(dataset.person[held]))
