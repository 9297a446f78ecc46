"""What a training set is asked for."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from pipelines.archive.days import Days
from pipelines.core.errors import SettingsError
from pipelines.datasets.training_windows import LEAST_SHARE, STRIDE_S
from schemas.windows import HOP_S

SEED: Final = 7


@dataclass(frozen=True)
class Choice:
    """Which windows, and how they are split."""

    split: Literal["person", "time"] = "person"
    seed: int = SEED
    least_share: float = LEAST_SHARE
    stride_s: int = STRIDE_S

    def __post_init__(self) -> None:
        if not 0.5 < self.least_share <= 1:
            raise SettingsError(
                f"--least-share {self.least_share}: give more than 0.5, so that no window has two labels, up to 1"
            )
        if self.stride_s < HOP_S or self.stride_s % HOP_S:
            raise SettingsError(f"--stride-s {self.stride_s}: windows start every {HOP_S} s, give a multiple of it")


@dataclass(frozen=True)
class TrainingSetRequest:
    """A training set, from where, into where."""

    days: Days
    choice: Choice
    archive: Path
    offline: Path
    """Folder of offline window features."""
    output: Path
    beam: tuple[str, ...] = ()
    """Beam's own options."""
