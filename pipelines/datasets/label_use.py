"""What became of the labels given."""

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from pipelines.archive.days import Days
from pipelines.datasets.reasons import LabelDropped
from schemas.records import Label
from schemas.windows import WINDOW_MS

LabelsByUser = Mapping[str, Sequence[Label]]


@dataclass(frozen=True)
class LabelUse:
    """Labels with and without windows."""

    given: int
    dropped: Counter[str]
    """Labels that no window could have, by reason."""
    users_without_data: tuple[str, ...]
    """Users with labels in these days, none of which a window touches."""
    used: tuple[Label, ...]
    """By user and start."""


def label_use(labels: LabelsByUser, days: Days, with_data: Set[Label]) -> LabelUse:
    """`with_data`: the labels that a window of the days touches."""
    given = [label for mine in labels.values() for label in mine]
    unused = [label for label in given if label not in with_data]
    without = {label.user_id for label in unused if reaches(days, label)} - {label.user_id for label in with_data}
    return LabelUse(
        given=len(given),
        dropped=Counter(str(_reason(days, label)) for label in unused),
        users_without_data=tuple(sorted(without)),
        used=tuple(sorted(with_data, key=lambda label: (label.user_id, label.start_ms, label.label))),
    )


def reaches(days: Days, label: Label) -> bool:
    """Whether windows that end in these days can touch it."""
    return label.end_ms > days.start_ms - WINDOW_MS and label.start_ms < days.end_ms


def _reason(days: Days, label: Label) -> LabelDropped:
    return LabelDropped.LABEL_WITHOUT_DATA if reaches(days, label) else LabelDropped.OUTSIDE_DAYS
