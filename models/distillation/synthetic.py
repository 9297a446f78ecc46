"""Windows that nobody had, made of those that people had. No label fits them: only a teacher can answer them.

Bucila et al. 2006, doi:10.1145/1150402.1150464.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from models.core.arrays import Float32s
from models.core.dataset import Dataset
from models.core.inputs import FAMILY_CHANNELS, SEQUENCE_INPUTS, family_columns
from models.core.setting_checks import need_positive, need_share
from models.ensemble.ensemble import raw_inputs
from schemas.channels import SEQUENCE_CHANNELS

SWAPPED: Final = 0.5
"""Chance of a signal family to come from another window."""


@dataclass(frozen=True)
class Synthetic:
    """How many are made in which way."""

    swapped: int = 12_000
    mixed: int = 8_000
    unknown_baselines: float = 0.1
    """Share of them that has no baseline."""

    def __post_init__(self) -> None:
        need_positive(self, "swapped", "mixed")
        need_share(self, "unknown_baselines")

    def of(self, rows: Dataset, *, seed: int) -> dict[str, Float32s]:
        """Raw inputs, named as in `RAW_SHAPES`, of `swapped + mixed` windows."""
        rng = np.random.default_rng(seed)
        parts = (swapped(rows, self.swapped, rng), mixed(rows, self.mixed, rng))
        made = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        made["baseline"][rng.random(len(made["baseline"])) < self.unknown_baselines] = np.nan
        return made


def swapped(rows: Dataset, count: int, rng: np.random.Generator) -> dict[str, Float32s]:
    """Drawn windows, of which each signal family is with a chance of a half that of another drawn window.

    A family moves whole: its features, their baseline, and its channels of the sequence.
    """
    known, made = raw_inputs(rows), _drawn(rows, count, rng)
    for family, columns in family_columns().items():
        moved = np.flatnonzero(rng.random(count) < SWAPPED)
        others = rng.integers(len(rows.label), size=len(moved))
        for name, values in made.items():
            at = sequence_columns(family) if name == "sequence" else columns
            values[moved[:, None], ..., list(at)] = known[name][others[:, None], ..., list(at)]
    return made


def mixed(rows: Dataset, count: int, rng: np.random.Generator) -> dict[str, Float32s]:
    """Points on the lines between two drawn windows each; what either lacks is the first one's, or missing."""
    first, second = _drawn(rows, count, rng), _drawn(rows, count, rng)
    share = rng.random(count).astype(np.float32)
    for name, values in first.items():
        part = share.reshape(-1, *(1,) * (values.ndim - 1))
        between = part * values + (1 - part) * second[name]
        np.copyto(values, between, where=np.isfinite(between))
    return first


def sequence_columns(family: str) -> tuple[int, ...]:
    """Channels of the sequence that a signal family is measured by.

    >>> [SEQUENCE_CHANNELS[column] for column in sequence_columns("motion")]
    ['acc_mag']
    """
    channels = set(FAMILY_CHANNELS[family])
    return tuple(i for i, name in enumerate(SEQUENCE_CHANNELS) if channels & set(SEQUENCE_INPUTS[name]))


def _drawn(rows: Dataset, count: int, rng: np.random.Generator) -> dict[str, Float32s]:
    which = rng.integers(len(rows.label), size=count)
    return {name: values[which] for name, values in raw_inputs(rows).items()}
