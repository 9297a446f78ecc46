"""Which emotion events were delivered already, in bounded memory."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from schemas.records import EmotionEvent
from schemas.windows import HOP_MS

REMEMBERED_WINDOWS: Final = 1024
"""Per user and model, counted back from the newest: 85 minutes of hops."""

REMEMBERED_USERS: Final = 100_000
"""Users and models at once, some 60 MB; of more, those heard of longest ago are forgotten."""

_MASK: Final = (1 << REMEMBERED_WINDOWS) - 1

Key = tuple[str, str, str]


@dataclass
class SeenWindows:
    """Remembers, per user and model, the newest windows as one bit each; the users heard of last.

    A window too old to be remembered counts as new: an event is rather delivered twice than lost.
    """

    users: int = REMEMBERED_USERS
    _seen: OrderedDict[Key, tuple[int, int]] = field(default_factory=OrderedDict)
    """Newest window end and, from the lowest bit on, which of it and its predecessors came."""

    def add(self, event: EmotionEvent) -> bool:
        """True the first time that this user, window and model come.

        A window that ends no whole number of hops from the newest begins the memory anew: the number of phases is
        another one now, and so are all of the user's windows.
        """
        key = (event.user_id, event.model_name, event.model_version)
        end = event.window_end_ms
        newest, seen = self._seen.get(key, (end, 0))
        hops, off_grid = divmod(end - newest, HOP_MS)
        if off_grid:
            newest, seen, hops = end, 0, 0
        if hops <= -REMEMBERED_WINDOWS:
            return True
        bit = 1 << max(0, -hops)
        seen = (seen << max(0, hops)) & _MASK if hops < REMEMBERED_WINDOWS else 0
        self._seen[key] = (max(newest, end), seen | bit)
        self._seen.move_to_end(key)
        if len(self._seen) > self.users:
            self._seen.popitem(last=False)
        return not seen & bit
