"""One signal of many windows as flat arrays."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipelines.signals.series.compiled import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Series:
    """The samples of window i stand at `offsets[i]:offsets[i + 1]`, in ascending, distinct times.

    `time_ms` counts from the window's start (0 to 59,999); `value` is finite. A window may have no sample.
    """

    time_ms: Ints
    value: Floats
    offsets: Ints

    @property
    def windows(self) -> int:
        """How many windows, empty ones included."""
        return len(self.offsets) - 1

    @cached_property
    def count(self) -> Ints:
        """Samples per window."""
        return np.diff(self.offsets)

    def parts(self, number: int) -> tuple["Series", ...]:
        """The windows cut into so many runs of equally many.

        >>> [part.value.tolist() for part in Series(np.arange(3), np.ones(3), np.array([0, 1, 3])).parts(2)]
        [[1.0], [1.0, 1.0]]
        """
        windows = self.windows // number
        cuts = [self.offsets[part * windows : (part + 1) * windows + 1] for part in range(number)]
        return tuple(Series(self.time_ms[o[0] : o[-1]], self.value[o[0] : o[-1]], o - o[0]) for o in cuts)

    def within(self, bounds: tuple[float, float]) -> "Series":
        """Only the samples whose value lies in `bounds`, both inclusive."""
        low, high = map(float, bounds)
        if not len(self.value) or (self.value.min() >= low and self.value.max() <= high):
            return self
        return Series(*_within(self.time_ms, self.value, self.offsets, low, high))


@compiled
def _within(time_ms: Ints, value: Floats, offsets: Ints, low: float, high: float) -> tuple[Ints, Floats, Ints]:
    kept_ms, kept, ends = np.empty_like(time_ms), np.empty_like(value), np.zeros_like(offsets)
    end = 0
    for window in range(len(offsets) - 1):
        for at in range(offsets[window], offsets[window + 1]):
            if low <= value[at] <= high:
                kept_ms[end], kept[end] = time_ms[at], value[at]
                end += 1
        ends[window + 1] = end
    return kept_ms[:end], kept[:end], ends
