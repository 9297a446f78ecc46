"""One signal of many windows as flat arrays, and reductions over each window's part."""

from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from schemas.windows import WINDOW_S

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Value = TypeVar("Value", bound=np.generic)


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

    @cached_property
    def row(self) -> Ints:
        """The window of each sample."""
        return self.spread(np.arange(self.windows))

    @cached_property
    def second(self) -> Ints:
        """The second of each sample, numbered through all windows: `60 * row + second in the window`."""
        return self.row * WINDOW_S + self.time_ms // 1000

    @cached_property
    def per_second(self) -> Ints:
        """Samples per second, shape (windows, 60)."""
        return np.bincount(self.second, minlength=self.windows * WINDOW_S).reshape(-1, WINDOW_S)

    @cached_property
    def follows(self) -> Bools:
        """Whether each sample but the first of all is in the same window as the one before it (length - 1)."""
        same: Bools = self.row[1:] == self.row[:-1]
        return same

    def spread(self, per_window: NDArray[Value]) -> NDArray[Value]:
        """One value per window -> that value at each of its samples."""
        return np.repeat(per_window, self.count)

    def first(self, values: Floats) -> Floats:
        """Each window's earliest value; NaN where there is none."""
        return self._filled(values[self._starts])

    def total(self, values: Floats) -> Floats:
        """Each window's sum; 0 where there is no sample."""
        return self._reduced(np.add, values, empty=0.0)

    def smallest(self, values: Floats) -> Floats:
        """Each window's minimum; NaN where there is none."""
        return self._reduced(np.minimum, values)

    def greatest(self, values: Floats) -> Floats:
        """Each window's maximum; NaN where there is none."""
        return self._reduced(np.maximum, values)

    def kept(self, keep: Bools) -> "Series":
        """Only the samples marked True."""
        passed = np.concatenate(([0], np.cumsum(keep)))
        return Series(self.time_ms[keep], self.value[keep], passed[self.offsets])

    def within(self, bounds: tuple[float, float]) -> "Series":
        """Only the samples whose value lies in `bounds`, both inclusive."""
        keep = (self.value >= bounds[0]) & (self.value <= bounds[1])
        return self if keep.all() else self.kept(keep)

    @cached_property
    def _starts(self) -> Ints:
        return self.offsets[:-1][self.count > 0]

    def _filled(self, found: Floats, empty: float = np.nan) -> Floats:
        if len(found) == self.windows:
            return found
        result = np.full(self.windows, empty)
        result[self.count > 0] = found
        return result

    def _reduced(self, operation: np.ufunc, values: Floats, empty: float = np.nan) -> Floats:
        if not len(values):
            return np.full(self.windows, empty)
        return self._filled(operation.reduceat(values, self._starts), empty)
