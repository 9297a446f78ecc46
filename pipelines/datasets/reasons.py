"""Why a window is not in a training set, why a label gave none, and what became of the labels given."""

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pipelines.archive.days import Days
from pipelines.labels.window_labels import Unlabelled
from schemas.records import Label
from schemas.windows import WINDOW_MS


class Dropped(StrEnum):
    """Reasons of windows. The first that applies, in this order, is counted."""

    OFF_STRIDE = "off_stride"
    NO_LABEL = "no_label"
    UNLABELLED_TIME = Unlabelled.UNLABELLED_TIME.value
    OVERLAPPING_LABELS = Unlabelled.OVERLAPPING_LABELS.value
    LEAST_SHARE = Unlabelled.LEAST_SHARE.value
    SPLIT_GAP = "split_gap"
    NOT_THE_WINDOW = "not_the_window"
    NOT_IN_ARCHIVE = "not_in_archive"
    NOT_HEALED = "not_healed"


MEANING: Final[Mapping[str, str]] = {
    Dropped.OFF_STRIDE: "of its stride of time another window is taken",
    Dropped.NO_LABEL: "its user has no label in these days",
    Dropped.UNLABELLED_TIME: "its user has labels, but none touches it",
    Dropped.OVERLAPPING_LABELS: "it touches two labels that claim the same time",
    Dropped.LEAST_SHARE: "no label covers enough of it",
    Dropped.SPLIT_GAP: "it would overlap a window of another split",
    Dropped.NOT_THE_WINDOW: "the feature store does not give this window's row",
    Dropped.NOT_IN_ARCHIVE: "the archive has no readings of it",
    Dropped.NOT_HEALED: "its row was made of other readings than the archive has; `eqm backfill` heals it",
}


class LabelDropped(StrEnum):
    """Reasons of labels."""

    OUTSIDE_DAYS = "outside_days"
    LABEL_WITHOUT_DATA = "label_without_data"


LABEL_MEANING: Final[Mapping[str, str]] = {
    LabelDropped.OUTSIDE_DAYS: "it lies outside the days",
    LabelDropped.LABEL_WITHOUT_DATA: "no window of its user touches it",
}


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
