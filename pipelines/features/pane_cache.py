"""Windows put together again from panes: the samples of five seconds travel once, not with all twelve windows.

Crossing from the JVM to Python cost more than computing: 30 KB a window with all its samples, 2.5 KB with those of its
last pane. What this process keeps is a cache, never state: the JVM's checkpoint has all of it, and each user's first
window after a restore comes whole. See docs/decisions/0007-what-the-features-path-spends.md.
"""

from dataclasses import dataclass, field

import numpy as np

from pipelines.signals.samples import SAMPLE, timestamps_ms
from schemas.windows import HOP_MS, WINDOW_MS


@dataclass(frozen=True)
class SentWindow:
    """A window as the stream sends it: the packed samples of its last pane or, where `fresh`, of all its panes.

    `size` is the length in bytes of the whole window's samples.
    """

    user_id: str
    start_ms: int
    fresh: bool
    size: int
    samples: bytes


@dataclass(frozen=True)
class FollowedPanes:
    """The panes that each user's next windows share with the last one.

    It holds nothing that the stream's state does not: after a restore every user's first window is fresh.
    """

    _kept: dict[str, dict[int, bytes]] = field(default_factory=dict)
    """By user: packed samples by the start of their pane, in order."""

    def samples(self, window: SentWindow) -> list[bytes]:
        """The window's samples, pane by pane; the windows of one user must come in order.

        Raises ValueError where a pane is missing: half a window must not be computed.

        >>> from pipelines.signals.samples import pack
        >>> first, second = (pack(np.array([ms]), np.array([0]), np.ones(1)).tobytes() for ms in (60_000, 65_000))
        >>> followed = FollowedPanes()
        >>> followed.samples(SentWindow("ann", 5_000, True, 16, first)) == [first]
        True
        >>> followed.samples(SentWindow("ann", 10_000, False, 32, second)) == [first, second]
        True
        >>> followed.samples(SentWindow("ben", 10_000, False, 32, second))
        Traceback (most recent call last):
        ValueError: window of user 'ben' from 10000: 16 of its 32 bytes are known
        """
        panes = _by_pane(window) if window.fresh else self._kept.get(window.user_id, {})
        if not window.fresh and window.samples:
            panes[window.start_ms + WINDOW_MS - HOP_MS] = window.samples
        for start_ms in [start_ms for start_ms in panes if start_ms < window.start_ms]:
            del panes[start_ms]
        found = list(panes.values())
        self._keep(window, panes)
        known = sum(map(len, found))
        if known != window.size:
            which = f"window of user {window.user_id!r} from {window.start_ms}"
            raise ValueError(f"{which}: {known} of its {window.size} bytes are known")
        return found

    def _keep(self, window: SentWindow, panes: dict[int, bytes]) -> None:
        """All but the pane that leaves with this window; a user without panes is not followed any longer."""
        panes.pop(window.start_ms, None)
        if panes:
            self._kept[window.user_id] = panes
        else:
            self._kept.pop(window.user_id, None)


def _by_pane(window: SentWindow) -> dict[int, bytes]:
    samples = np.frombuffer(window.samples, dtype=SAMPLE)
    pane = (timestamps_ms(samples) - window.start_ms) // HOP_MS
    starts, offsets = np.unique(pane, return_index=True)
    parts = np.split(samples, offsets[1:])
    return {window.start_ms + int(at) * HOP_MS: part.tobytes() for at, part in zip(starts, parts, strict=True)}
