"""Whether memory stays flat while a stream names ever new users."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

USERS: Final = 1_000_000
AT_ONCE: Final = 1_000
WARM: Final = 200
"""Calls, of a thousand, after which everything that is bounded has its size."""

FLAT: Final = 32 << 20
"""Bytes that a process may gain for its own reasons. Eight hundred thousand entries are five times that."""


def growth(take: Callable[[list[str]], object]) -> int:
    """Bytes by which the process has grown from when `take` was warm to when it had got a million users."""
    warm = 0
    for call in range(USERS // AT_ONCE):
        take([f"user-{number}" for number in range(call * AT_ONCE, (call + 1) * AT_ONCE)])
        if call == WARM:
            warm = resident()
    return resident() - warm


def resident() -> int:
    """Bytes of this process in memory."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
