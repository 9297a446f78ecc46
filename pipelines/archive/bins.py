"""Pieces of a day that are worked on alone: all users' windows that end in a stretch of time."""

from dataclasses import dataclass
from typing import Final

from pipelines.archive.days import day_before, day_of, start_ms
from schemas.windows import WINDOW_MS

READINGS_AT_ONCE: Final = 500_000
"""Readings worked on together: bounds memory, at some 400 MB a worker."""


@dataclass(frozen=True)
class Bin:
    """Windows whose end lies in `[first_ms, last_ms)`, a part of one day.

    Nothing needs to be exchanged between bins: each reads the readings of its windows itself, a minute of which its
    neighbour reads, too. Ends are compared one by one: users' phases make no difference to where a day may be cut.
    """

    first_ms: int
    last_ms: int

    @property
    def day(self) -> str:
        """The day of the windows' ends, in whose partition their rows stand."""
        return day_of(self.first_ms)

    @property
    def name(self) -> str:
        """Minutes into the day; sorts by time.

        >>> Bin(90_000, 150_000).name
        'at-0001.50'
        """
        return f"at-{(self.first_ms - start_ms(self.day)) / 60_000:07.2f}"

    @property
    def read_ms(self) -> tuple[int, int]:
        """Readings that its windows hold: from the one instant up to, but not including, the other."""
        return self.first_ms - WINDOW_MS, self.last_ms

    @property
    def reads_days(self) -> tuple[str, str]:
        """The days whose readings its windows hold: its own, and the one before, of which it may need the end."""
        return day_before(self.day), self.day

    @property
    def starts_ms(self) -> tuple[int, int]:
        """Starts of its windows: from the one up to, but not including, the other."""
        return self.first_ms - WINDOW_MS, self.last_ms - WINDOW_MS
