"""What an evaluation is made of: windows of people, the tasks set on them, and how people are held out."""

from dataclasses import dataclass, replace
from typing import Final, Literal, Self

import numpy as np
from numpy.typing import NDArray

from models.core.arrays import Bools, Ints
from models.core.dataset import Dataset
from models.core.errors import TrainingError
from models.datasets.split import Names

CALM, STRESS, EXERCISE = "calm", "stress", "exercise"
BINARY: Final = (CALM, STRESS)


@dataclass(frozen=True)
class StudyWindows:
    """All windows of some people, in order of person and time.

    Those neither trained on nor scored stay, because a prediction is smoothed over them; their label says nothing.
    """

    dataset: Dataset
    trained: Bools
    """Rows that a model may be fitted on."""
    scored: Bools
    """Rows whose prediction counts."""
    source: NDArray[np.str_]
    """The data set of each row; a person is in one."""

    def __post_init__(self) -> None:
        for person in self.dataset.people:
            sets = np.unique(self.source[self.dataset.person == person])
            if len(sets) > 1:
                raise TrainingError(
                    f"evaluation: {person} is in {' and '.join(sets)}: give different people different ids"
                )

    @property
    def sets(self) -> Names:
        """The data sets, sorted."""
        return tuple(str(name) for name in np.unique(self.source))

    @property
    def kind(self) -> Literal["real people", "simulated people"]:
        """Whose figures these will be."""
        return "real people" if self.dataset.trained_on == "recorded people" else "simulated people"

    def labels_of(self, source: str) -> set[str]:
        """Labels of the set's scored windows."""
        found = np.unique(self.dataset.label[self.scored & (self.source == source)])
        return {self.dataset.label_names[label] for label in found}

    def with_data(self, dataset: Dataset) -> Self:
        """The same rows with other values."""
        return replace(self, dataset=dataset)

    def home_of(self, person: str) -> str:
        """The data set that a person is in."""
        return str(self.source[self.dataset.person == person][0])


@dataclass(frozen=True)
class Task:
    """Labels to tell apart, on the people of some data sets."""

    labels: Names
    sets: Names

    @property
    def name(self) -> str:
        return " / ".join(self.labels)

    def label_of(self, windows: StudyWindows) -> Ints:
        """(n,): each row's place in `labels`, -1 for rows of other labels or other sets."""
        place = np.array([self.labels.index(n) if n in self.labels else -1 for n in windows.dataset.label_names])
        inside = np.isin(windows.source, self.sets)
        return np.where(inside, place[windows.dataset.label], -1)


def tasks_of(windows: StudyWindows, *, across_sets: bool) -> tuple[Task, ...]:
    """Calm against stress, then all labels over all sets.

    Calm against stress is asked of sets that have just these two, or, without such a set or across sets, of those that
    have both. Raises TrainingError where no two labels are scored.
    """
    having = {name: windows.labels_of(name) for name in windows.sets}
    found = set().union(*having.values())
    if len(found) < 2:
        raise TrainingError(
            f"evaluation: all scored windows are {', '.join(found) or 'unlabelled'}: two labels or more are needed"
        )
    both = tuple(name for name, labels in having.items() if labels >= set(BINARY))
    pure = tuple(name for name in both if having[name] == set(BINARY))
    everything = Task(tuple(n for n in windows.dataset.label_names if n in found), windows.sets)
    if not both:
        return (everything,)
    binary = Task(BINARY, both if across_sets or not pure else pure)
    return (binary,) if binary == everything else (binary, everything)
