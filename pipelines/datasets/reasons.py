"""Why a window is not in a training set, and why a label gave none."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Dropped(StrEnum):
    """Reasons of windows. The first that applies, in this order, is counted."""

    OFF_STRIDE = "off_stride"
    NO_LABEL = "no_label"
    UNLABELLED_TIME = "unlabelled_time"
    OVERLAPPING_LABELS = "overlapping_labels"
    LEAST_SHARE = "least_share"
    SPLIT_GAP = "split_gap"
    NOT_THE_WINDOW = "not_the_window"
    NOT_IN_ARCHIVE = "not_in_archive"
    NOT_HEALED = "not_healed"


MEANING: Final[Mapping[str, str]] = {
    Dropped.OFF_STRIDE: "the window's start is not a multiple of the stride",
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
