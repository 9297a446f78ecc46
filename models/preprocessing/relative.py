"""Values against a person's own resting level. Each function takes arrays and Keras tensors alike."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from models.core.arrays import Bools, Float32s
from models.core.keras3 import keras
from schemas.channels import SEQUENCE_CHANNELS
from schemas.feature_table import FEATURE_INDEX

LEVELS: Final = {"hr": "hr_mean", "ibi": "ibi_mean", "gsr": "gsr_mean", "temp": "temp_mean"}
"""Channels that differ more between people than between states, and the feature that is their level."""


def level_values(features: keras.KerasTensor, baseline: keras.KerasTensor) -> keras.KerasTensor:
    """Features (n, F) and resting means (n, F) -> (n, 2F): features, then their distance from rest; NaN for missing.

    >>> np.asarray(level_values(np.float32([[5, np.inf]]), np.float32([[3, np.nan]]))).tolist()
    [[5.0, nan, 2.0, nan]]
    """
    ops = keras.ops
    both = ops.concatenate([features, ops.subtract(features, baseline)], axis=-1)
    return ops.where(ops.isfinite(both), both, np.float32(np.nan))


@dataclass(frozen=True)
class Centring:
    """By channel of the sequence: the level of whoever has no baseline, and whether training saw a baseline at all."""

    level: Float32s
    seen: Bools


def fit_centring(baseline: Float32s) -> Centring:
    """The mean level over rows (n, F). A channel without any level stays as measured, whatever is known later."""
    own = np.where(np.isfinite(levels := _levels(baseline)), levels, np.nan).astype(np.float64)
    seen = np.isfinite(own).any(axis=0)
    level = np.zeros(own.shape[1])
    level[seen] = np.nanmean(own[:, seen], axis=0)
    return Centring(level.astype(np.float32), seen)


def centred(sequence: keras.KerasTensor, baseline: keras.KerasTensor, centring: Centring) -> keras.KerasTensor:
    """Sequence (n, seconds, channels) minus each person's own level, where unknown minus that of training people."""
    ops = keras.ops
    own = _levels(baseline)
    known = ops.logical_and(ops.isfinite(own), centring.seen)
    return ops.subtract(sequence, ops.where(known, own, centring.level)[:, None, :])


def _levels(baseline: keras.KerasTensor) -> keras.KerasTensor:
    """(n, F) -> (n, channels); NaN for channels that have no level."""
    columns = [FEATURE_INDEX[LEVELS[name]] if name in LEVELS else 0 for name in SEQUENCE_CHANNELS]
    has_level = np.array([name in LEVELS for name in SEQUENCE_CHANNELS])
    return keras.ops.where(has_level, keras.ops.take(baseline, columns, axis=-1), np.float32(np.nan))
