"""Train, validation and test people. Nobody is ever in two of them."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from models.core.arrays import Bools, Ints
from models.core.dataset import Dataset
from models.core.errors import TrainingError

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

    def need_unseen(self, people: Names) -> None:
        """Raises TrainingError if any of these people would learn or validate."""
        seen = sorted(set(people) & {*self.train, *self.validation})
        if seen:
            raise TrainingError(f"split: {', '.join(seen)} must stay unseen, but would be in train or validation")


@dataclass(frozen=True)
class LabelledPeople:
    """Which label each window has, and whose it is: all that a split looks at."""

    label: Ints
    person: NDArray[np.str_]
    label_names: Names

    @property
    def people(self) -> Names:
        """Everybody, sorted."""
        return tuple(str(person) for person in np.unique(self.person))

    def of(self, people: Names) -> Self:
        """The windows of some people."""
        mine = np.isin(self.person, people)
        return replace(self, label=self.label[mine], person=self.person[mine])


def split_by_person(
    dataset: Dataset, *, validation_share: float, test_share: float, seed: int, held_out: Names = ()
) -> Split:
    """`split_people` of a dataset's rows."""
    windows = LabelledPeople(dataset.label, dataset.person, dataset.label_names)
    return split_people(windows, validation_share=validation_share, test_share=test_share, seed=seed, held_out=held_out)


def split_people(
    windows: LabelledPeople, *, validation_share: float, test_share: float, seed: int, held_out: Names = ()
) -> Split:
    """Seeded, label-stratified as far as whole people allow; every label stays among the training people.

    Whoever of `held_out` has windows is a test person, and then nobody else is, whatever the seed and the share.
    """
    _need_people(len(windows.people), 3, "(train, validation, test)")
    _need_every_label(windows, "in the whole data set")
    test = tuple(person for person in windows.people if person in held_out)
    rest = tuple(person for person in windows.people if person not in held_out)
    if test:
        _need_people(len(rest), 2, "beside those held out (train, validation)")
    else:
        rest, test = _hold_out(windows, test_share, seed)
    train, validation = _hold_out(windows.of(rest), validation_share / (1 - test_share), seed)
    _need_every_label(windows.of(train), "among the training people, whoever is held out")
    return Split(train, validation, test)


def _need_people(count: int, least: int, why: str) -> None:
    if count < least:
        raise TrainingError(
            f"split by person: labelled windows of {count} {'person' if count == 1 else 'people'}, at least {least}"
            f" are needed {why}; label more people"
        )


def _need_every_label(windows: LabelledPeople, where: str) -> None:
    counts = np.bincount(windows.label, minlength=len(windows.label_names))
    never = [name for name, count in zip(windows.label_names, counts, strict=True) if count == 0]
    if never:
        raise TrainingError(
            f"no window is labelled {', '.join(never)} {where}: leave the label out, or label it for more people"
        )


def _hold_out(windows: LabelledPeople, share: float, seed: int) -> tuple[Names, Names]:
    """Of the folds possible, one drawn among those that leave most labels to the rest, then show most labels, then fit.

    Fits are told apart to a tenth of the windows, so that the seed has something to choose from.
    """

    def merit(held: Names) -> tuple[int, int, float]:
        inside = np.isin(windows.person, held)
        return _labels(windows, ~inside), _labels(windows, inside), -round(abs(float(inside.mean()) - share), 1)

    merits = {held: merit(held) for held in _folds(windows, share, seed)}
    best = [held for held, its in merits.items() if its == max(merits.values())]
    held = best[np.random.default_rng(seed).integers(len(best))]
    return tuple(person for person in windows.people if person not in held), held


def _labels(windows: LabelledPeople, rows: Bools) -> int:
    return len(np.unique(windows.label[rows]))


def _folds(windows: LabelledPeople, share: float, seed: int) -> Iterator[Names]:
    folds = min(max(2, round(1 / share)), len(windows.people))
    cutter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        cuts = list(cutter.split(windows.label, windows.label, windows.person))
    for rest, held in cuts:
        if len(rest) and len(held):
            yield tuple(str(person) for person in np.unique(windows.person[held]))
