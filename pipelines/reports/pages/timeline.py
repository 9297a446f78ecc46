"""Event time as positions from left to right."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from schemas.windows import HOP_MS

MOST_SLOTS: Final = 1600
MOST_TICKS: Final = 8
TICK_STEPS_S: Final = (10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400)


@dataclass(frozen=True)
class Tick:
    """A time on the axis; `at` is a percentage of its length."""

    at: float
    text: str


@dataclass(frozen=True)
class Timeline:
    """Slots of equal length, one per hop unless that were too many; a window lies before its end."""

    start_ms: int
    step_ms: int
    slots: int

    @classmethod
    def of(cls, window_end_ms: NDArray[np.int64]) -> "Timeline":
        """From the first window's hop to the last window's end."""
        start, end = int(window_end_ms[0]) - HOP_MS, int(window_end_ms[-1])
        hops = -(-(end - start) // HOP_MS)
        merged = -(-hops // MOST_SLOTS)
        return cls(start, merged * HOP_MS, -(-hops // merged))

    def percent(self, moment_ms: int) -> float:
        """Where a moment lies, 0 to 100."""
        return round(100 * (moment_ms - self.start_ms) / (self.slots * self.step_ms), 3)

    def spread(self, window_end_ms: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, …) -> (slots, …): mean of the windows in each slot, NaN where there is none."""
        slot = (window_end_ms - 1 - self.start_ms) // self.step_ms
        known = ~np.isnan(values)
        sums, counts = np.zeros((2, self.slots, *values.shape[1:]))
        np.add.at(sums, slot, np.where(known, values, 0.0))
        np.add.at(counts, slot, known)
        means: NDArray[np.float64] = np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)
        return means

    def ticks(self) -> list[Tick]:
        """Round times of day in UTC."""
        length_s = self.slots * self.step_ms / 1000
        step_s = next((s for s in TICK_STEPS_S if length_s / s <= MOST_TICKS), TICK_STEPS_S[-1])
        first = -(-self.start_ms // (step_s * 1000)) * step_s * 1000
        moments = range(first, self.start_ms + self.slots * self.step_ms + 1, step_s * 1000)
        pattern = "%H:%M:%S" if step_s < 60 else "%H:%M"
        return [Tick(self.percent(ms), f"{datetime.fromtimestamp(ms / 1000, UTC):{pattern}}") for ms in moments]


@dataclass(frozen=True)
class Segment:
    """A stretch of time of one kind; `left` and `width` are percentages."""

    kind: str
    left: float
    width: float


def segments(timeline: Timeline, window_end_ms: NDArray[np.int64], kinds: Sequence[str | None]) -> list[Segment]:
    """Windows in a row that are of one kind, joined; None is left out, and a missing window parts them."""
    found: list[Segment] = []
    begun = 0
    for i in range(1, len(kinds) + 1):
        ongoing = i < len(kinds) and kinds[i] == kinds[begun] and window_end_ms[i] - window_end_ms[i - 1] == HOP_MS
        if not ongoing:
            kind = kinds[begun]
            if kind is not None:
                left = timeline.percent(int(window_end_ms[begun]) - HOP_MS)
                found.append(Segment(kind, left, round(timeline.percent(int(window_end_ms[i - 1])) - left, 3)))
            begun = i
    return found
