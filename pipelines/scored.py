"""The scored window as it travels between the networks and the smoothing: one flat float64 array, as bytes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

HEAD = 3


@dataclass(frozen=True)
class ScoredWindow:
    """One window's answer: `raw` probabilities (labels,), `members` (members, labels), `quality` (channels,)."""

    window_start_ms: int
    window_end_ms: int
    raw: NDArray[np.float64]
    members: NDArray[np.float64]
    quality: NDArray[np.float64]

    def to_bytes(self) -> bytes:
        """Little-endian float64; times are exact, being below 2**53.

        >>> window = ScoredWindow(0, 60_000, np.array([0.25, 0.75]), np.eye(2), np.ones(12))
        >>> ScoredWindow.from_bytes(window.to_bytes(), labels=2).members.tolist()
        [[1.0, 0.0], [0.0, 1.0]]
        """
        head = [self.window_start_ms, self.window_end_ms, len(self.quality)]
        return np.concatenate([head, self.quality, self.raw, self.members.ravel()]).astype("<f8").tobytes()

    @classmethod
    def from_bytes(cls, blob: bytes, *, labels: int) -> "ScoredWindow":
        numbers = np.frombuffer(blob, dtype="<f8")
        start, end, channels = (int(number) for number in numbers[:HEAD])
        quality, answers = np.split(numbers[HEAD:], [channels])
        return cls(start, end, answers[:labels], answers[labels:].reshape(-1, labels), quality)
