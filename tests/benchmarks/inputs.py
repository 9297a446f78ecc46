"""What the runs read: users at 4 Hz, in order, from one instant on; so what must come out is known beforehand."""

from dataclasses import dataclass
from typing import Final

from schemas.errors import EqmError
from schemas.windows import HOP_MS, HOP_S, PANES_PER_WINDOW, user_phase_ms

START_MS: Final = 1_700_000_000_000
RATE_HZ: Final = 4
STEP_MS: Final = 1000 // RATE_HZ
BEAT_MS: Final = 3 * STEP_MS
"""How often a heart beats. Its intervals join at the stamps of readings, so that windows have a spectrum to compute."""
PER_WINDOW: Final = RATE_HZ * HOP_S
"""Readings that a user's window has and the one before has not: one window comes for every so many."""


DELAY_MS: Final = 1_800_000
"""How much later than it should a late reading comes: more than any two partitions are read apart."""

FAULTS: Final = {"again": 97, "late": 211, "torn": 1009, "absurd": 2003}
"""What is sent besides, with every so many readings: the same again, one of half an hour ago, two that are unfit."""


class NoiseError(EqmError):
    """Figures that say nothing, because something else had the machine."""


@dataclass(frozen=True)
class Input:
    """Readings of all users together."""

    users: int
    readings: int

    def windows(self, phases: int) -> int:
        """All that hold a reading, once the end of the input has closed them; users' windows end in so many phases.

        >>> Input(users=500, readings=120_000).windows(1), Input(users=2, readings=40).windows(20)
        (11500, 26)
        """
        last_ms = (-(-self.readings // self.users) - 1) * STEP_MS
        phase_ms = (user_phase_ms(f"user-{number}", phases) for number in range(self.users))
        return sum((last_ms - each) // HOP_MS - -each // HOP_MS + PANES_PER_WINDOW for each in phase_ms)


@dataclass(frozen=True)
class Pair:
    """A short and a long input of the same users."""

    users: int
    few: int
    many: int

    @property
    def inputs(self) -> tuple[Input, Input]:
        return Input(self.users, self.few), Input(self.users, self.many)

    def slope(self, few_s: float, many_s: float) -> float:
        """Readings a second without what every run costs alike; raises NoiseError where there is no such rate.

        >>> Pair(users=1, few=100, many=300).slope(7.0, 9.0)
        100.0
        """
        if many_s <= few_s:
            raise NoiseError(
                f"{self.many:,} readings took {many_s:.1f} s, {self.few:,} took {few_s:.1f} s: "
                "measure again while the machine does nothing else"
            )
        return (self.many - self.few) / (many_s - few_s)


@dataclass(frozen=True)
class Sizes:
    """How much each part reads, and how long it looks."""

    limit: Pair
    ours: Pair
    student: Pair
    ensemble: Pair
    per_reading: Pair
    peers: Pair
    seed: Pair
    memory: int
    warm_s: float
    steady_s: float
    cost_users: tuple[int, ...]
    cost_warm_s: float
    cost_steady_s: float
    predictor_s: float
    quick: bool = False


FULL: Final = Sizes(
    limit=Pair(500, 2_000_000, 10_000_000),
    ours=Pair(500, 1_500_000, 6_000_000),
    student=Pair(500, 800_000, 2_400_000),
    ensemble=Pair(500, 300_000, 900_000),
    per_reading=Pair(500, 120_000, 300_000),
    peers=Pair(100, 40_000, 120_000),
    seed=Pair(100, 24_000, 60_000),
    memory=3_000_000,
    warm_s=75,
    steady_s=60,
    cost_users=(10, 100, 1_000, 3_000),
    cost_warm_s=70,
    cost_steady_s=30,
    predictor_s=8,
)

QUICK: Final = Sizes(
    limit=Pair(100, 240_000, 1_200_000),
    ours=Pair(100, 60_000, 240_000),
    student=Pair(100, 30_000, 90_000),
    ensemble=Pair(100, 30_000, 90_000),
    per_reading=Pair(100, 24_000, 60_000),
    peers=Pair(40, 12_000, 24_000),
    seed=Pair(20, 4_800, 9_600),
    memory=400_000,
    warm_s=40,
    steady_s=20,
    cost_users=(10, 100),
    cost_warm_s=15,
    cost_steady_s=10,
    predictor_s=2,
    quick=True,
)
"""Shows that every part works; its figures say little."""
