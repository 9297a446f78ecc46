"""What the networks read: families of features, and the channels behind features and sequence."""

from collections.abc import Iterable
from typing import Final

from models.core.arrays import Bools
from schemas.channels import CHANNEL_NAMES, SEQUENCE_CHANNELS
from schemas.feature_table import FEATURES
from schemas.windows import WINDOW_S

FEATURE_SHAPE: Final = (len(FEATURES),)
SEQUENCE_SHAPE: Final = (WINDOW_S, len(SEQUENCE_CHANNELS))

RAW_SHAPES: Final = {"features": FEATURE_SHAPE, "baseline": FEATURE_SHAPE, "sequence": SEQUENCE_SHAPE}
"""What a bundle is given of each window; `baseline` is the person's resting mean of each feature."""

FAMILY_CHANNELS: Final = {
    "heart_rate": ("hr",),
    "heart_rate_variability": ("ibi", "hrv"),
    "electrodermal": ("gsr",),
    "temperature": ("temp",),
    "motion": ("acc_x", "acc_y", "acc_z"),
    "rotation": ("gyro_x", "gyro_y", "gyro_z"),
    "oxygen": ("spo2",),
}

SEQUENCE_INPUTS: Final = {
    name: (name,) if name in CHANNEL_NAMES else FAMILY_CHANNELS["motion"] for name in SEQUENCE_CHANNELS
}


def family_columns() -> dict[str, tuple[int, ...]]:
    """Columns of the feature vector per signal family; every column in exactly one.

    >>> sum(len(columns) for columns in family_columns().values()) == len(FEATURES)
    True
    """
    return {
        family: tuple(i for i, feature in enumerate(FEATURES) if feature.inputs[0] in channels)
        for family, channels in FAMILY_CHANNELS.items()
    }


def channels_behind(*, features: Bools | None, sequence: Bools | None) -> tuple[str, ...]:
    """Channels that feed the columns marked True, in the order of the channel table; None is no column at all.

    >>> import numpy as np
    >>> channels_behind(features=None, sequence=np.array([1, 0, 0, 0, 1, 0], dtype=bool))
    ('hr', 'acc_x', 'acc_y', 'acc_z')
    """
    found: set[str] = set()
    if features is not None:
        found |= _inputs(feature.inputs for feature, seen in zip(FEATURES, features, strict=True) if seen)
    if sequence is not None:
        found |= _inputs(SEQUENCE_INPUTS[name] for name, seen in zip(SEQUENCE_CHANNELS, sequence, strict=True) if seen)
    return tuple(name for name in CHANNEL_NAMES if name in found)


def _inputs(groups: Iterable[tuple[str, ...]]) -> set[str]:
    return {channel for group in groups for channel in group}
