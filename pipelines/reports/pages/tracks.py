"""What a report is made of."""

from collections.abc import Mapping, Sequence, Sized
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class RunSummary:
    """The run as a whole."""

    readings: int
    used: int
    late: int
    quarantined: int
    windows: int
    """Feature rows, of everybody."""
    events: int
    """Of the people whom the model has not seen."""
    model_name: str
    model_version: str
    simulated: bool
    """Whether the people are simulated; otherwise they were recorded."""

    def __post_init__(self) -> None:
        placed = self.used + self.late + self.quarantined
        if placed != self.readings:
            raise ValueError(f"{self.readings} readings came in, but used + late + quarantined is {placed}")


@dataclass(frozen=True)
class PersonTrack:
    """One person's n windows in order of time, over k labels. Missing numbers are NaN."""

    user_id: str
    window_end_ms: NDArray[np.int64]
    """(n,), ascending."""
    signals: Mapping[str, NDArray[np.float64]]
    """Feature or channel name to (n,)."""
    probabilities: NDArray[np.float64]
    """(n, k): the ensemble's answer for each window alone."""
    smoothed: NDArray[np.float64]
    """(n, k)."""
    members: Mapping[str, NDArray[np.float64]]
    """Member network to (n, k)."""
    emotion: Sequence[str | None]
    """The smoothed emotion; None where abstained."""
    abstained: NDArray[np.bool_]
    truth: Sequence[str | None]
    """The simulated or protocolled label at the window's end; None where there is none."""
    contradicted: int = 0
    """Windows without a label because two contradict each other."""

    def __post_init__(self) -> None:
        columns: dict[str, Sized] = {
            "emotion": self.emotion,
            "abstained": self.abstained,
            "truth": self.truth,
            **self.signals,
        }
        columns |= {"probabilities": self.probabilities, "smoothed": self.smoothed, **self.members}
        wrong = {name: len(column) for name, column in columns.items() if len(column) != len(self.window_end_ms)}
        if wrong:
            raise ValueError(f"track of {self.user_id!r}: {len(self.window_end_ms)} windows, but {wrong}")
        if np.any(np.diff(self.window_end_ms) <= 0):
            raise ValueError(f"track of {self.user_id!r}: windows are not in order of time")
