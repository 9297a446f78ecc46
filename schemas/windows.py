"""The time constants every part shares. Event time is integer milliseconds UTC throughout."""

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


def window_ends_ms(timestamp_ms: int) -> range:
    """Ends of all windows that contain the instant (start inclusive, end exclusive).

    >>> [end % 60_000 for end in window_ends_ms(120_000)][:3]
    [5000, 10000, 15000]
    >>> len(window_ends_ms(120_000))
    12
    """
    first = timestamp_ms - timestamp_ms % HOP_MS + HOP_MS
    return range(first, first + WINDOW_MS, HOP_MS)
