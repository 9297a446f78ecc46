"""The time constants every part shares, and where a user's windows end.

Event time is integer milliseconds UTC throughout.
"""

import zlib
from typing import Final

WINDOW_S: Final = 60
HOP_S: Final = 5
SMOOTHING_S: Final = 30
LATENESS_S: Final = 10
MAX_FUTURE_S: Final = 10

WINDOW_MS: Final = WINDOW_S * 1000
HOP_MS: Final = HOP_S * 1000
SMOOTHING_MS: Final = SMOOTHING_S * 1000
LATENESS_MS: Final = LATENESS_S * 1000
MAX_FUTURE_MS: Final = MAX_FUTURE_S * 1000

PANES_PER_WINDOW: Final = WINDOW_S // HOP_S
SMOOTHED_WINDOWS: Final = SMOOTHING_S // HOP_S

EARLIEST_MS: Final = 946_684_800_000
"""2000-01-01T00:00:00Z; a reading dated earlier is a clock fault, not history."""

LATEST_MS: Final = 4_102_444_800_000
"""2100-01-01T00:00:00Z."""


PHASES: Final = 20
"""Phases where settings name no other number: users' windows end every 250 ms, not all at once every five seconds.

See docs/decisions/0015-a-phase-for-each-user.md."""

PHASE_SCHEME: Final = "CRC-32 of the user id in UTF-8, modulo phases, in equal parts of the hop"
"""What `user_phase_ms` does, in words; part of the contract. How many phases there are is a setting, and is not."""


def user_phase_ms(user_id: str, phases: int) -> int:
    """By how much the ends of a user's windows are behind multiples of the hop: from 0 to below it.

    `phases` divides the hop. `Phases.java` does the same.

    >>> user_phase_ms("ann", 20), user_phase_ms("ben", 20), user_phase_ms("ann", 1)
    (1750, 3250, 0)
    """
    return zlib.crc32(user_id.encode()) % phases * (HOP_MS // phases)


def window_ends_ms(timestamp_ms: int, phase_ms: int) -> range:
    """Ends of all windows of a user with that phase that contain the instant (start inclusive, end exclusive).

    >>> [end % 60_000 for end in window_ends_ms(120_000, 0)][:3]
    [5000, 10000, 15000]
    >>> [end % 60_000 for end in window_ends_ms(120_000, 750)][:3]
    [750, 5750, 10750]
    >>> len(window_ends_ms(120_000, 750))
    12
    """
    first = timestamp_ms - (timestamp_ms - phase_ms) % HOP_MS + HOP_MS
    return range(first, first + WINDOW_MS, HOP_MS)
