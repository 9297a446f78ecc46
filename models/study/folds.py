"""Who is held out together. Nobody is ever trained on and predicted in one fold."""

from dataclasses import dataclass

import numpy as np

from models.core.errors import TrainingError
from models.datasets.split import Names
from models.study.tasks import StudyWindows, Task


@dataclass(frozen=True)
class Fold:
    """People to fit on and people to predict."""

    name: str
    train: Names
    test: Names

    def __post_init__(self) -> None:
        both = set(self.train) & set(self.test)
        if both:
            raise TrainingError(f"fold {self.name}: {', '.join(sorted(both))} would be trained on and predicted")


@dataclass(frozen=True)
class HoldOut:
    """One person at a time; or all of a data set (`by_set`); or people in `folds` groups."""

    by_set: bool = False
    folds: int | None = None

    @property
    def name(self) -> str:
        if self.by_set:
            return "leave one data set out"
        return f"{self.folds} groups of people" if self.folds else "leave one person out"

    def of(self, windows: StudyWindows, task: Task, seed: int) -> tuple[Fold, ...]:
        """The folds of a task's people; raises TrainingError where there are too few."""
        home = {person: windows.home_of(person) for person in _scored(windows, task)}
        groups = _by_set(home) if self.by_set else _by_person(tuple(home))
        if self.folds:
            groups = _grouped(home, self.folds, seed)
        return tuple(Fold(name, tuple(p for p in home if p not in test), test) for name, test in groups.items())


def _scored(windows: StudyWindows, task: Task) -> Names:
    rows = windows.scored & (task.label_of(windows) >= 0)
    return tuple(str(person) for person in np.unique(windows.dataset.person[rows]))


def _by_person(people: Names) -> dict[str, Names]:
    if len(people) < 2:
        who = people[0] if people else "nobody"
        raise TrainingError(f"evaluation: only {who} has windows to score; at least two people are needed")
    return {person: (person,) for person in people}


def _by_set(home: dict[str, str]) -> dict[str, Names]:
    names = sorted(set(home.values()))
    if len(names) < 2:
        raise TrainingError(f"evaluation by data set: there is only {', '.join(names)}; give recordings of two sets")
    return {name: tuple(person for person, its in home.items() if its == name) for name in names}


def _grouped(home: dict[str, str], folds: int, seed: int) -> dict[str, Names]:
    """Dealt out set by set, so that every group has people of each set."""
    if not 2 <= folds <= len(home):
        raise TrainingError(f"evaluation: {len(home)} people cannot be held out in {folds} groups; give 2 or more")
    shuffled = np.random.default_rng(seed).permutation(sorted(home))
    dealt = sorted((str(person) for person in shuffled), key=lambda person: home[person])
    return {f"group {i + 1}": tuple(dealt[i::folds]) for i in range(folds)}
