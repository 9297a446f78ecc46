"""The baselines that the online store knows, asked for seldom enough for a stream.

What is kept here is not part of a checkpoint: after a restore the store is asked again, and a window that is scored
again may stand beside a newer baseline. The store holds the newest alone, so the older one cannot be had back.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from feature_repo.columns import USER_BASELINE
from schemas.feature_table import FEATURE_NAMES, MEAN_NAMES

if TYPE_CHECKING:
    from feature_repo.online import OnlineRow

KEEP_S: Final = 10.0
"""How long an answer of the store is kept: as late a new baseline may come into use."""

MOST_USERS: Final = 100_000
"""Answers kept at once, some 60 MB: more than one worker scores windows of in that time, unless it catches up."""


Levels = NDArray[np.float32]
UNKNOWN: Final = np.full(len(FEATURE_NAMES), np.nan, dtype=np.float32)

Read = Callable[[Sequence[str]], "list[OnlineRow | None]"]
"""Each user's newest row in the store, None for a user of whom it has none."""


@dataclass(frozen=True)
class _Kept:
    until_s: float
    from_ms: int
    levels: Levels


@dataclass(frozen=True)
class BaselineLookUp:
    """Asks the store for users it has not asked for lately. A store that cannot be read raises: that is not "unknown".

    An answer is forgotten when its time is over, whether its user comes again or not, and the oldest ones before that
    where there are too many. So memory does not grow with the users ever seen; whoever comes again is asked for again.

    `clock` gives seconds that only grow.
    """

    read: Read
    clock: Callable[[], float]
    users: int = MOST_USERS
    _kept: OrderedDict[str, _Kept] = field(default_factory=OrderedDict)
    """The oldest answer first."""

    def at(self, user_ids: Sequence[str], window_end_ms: Sequence[int]) -> Levels:
        """Resting means (n, features) as known at each window's end; NaN for whoever had none by then.

        The store keeps a user's newest baseline alone: a window from before that one gets none.
        """
        known = self._known(set(user_ids))
        found = (known[user] for user in user_ids)
        rows = [kept.levels if kept.from_ms <= end else UNKNOWN for kept, end in zip(found, window_end_ms, strict=True)]
        return np.stack(rows) if rows else np.empty((0, len(FEATURE_NAMES)), dtype=np.float32)

    def _known(self, users: Set[str]) -> Mapping[str, _Kept]:
        """Answers about all of these users; no more than `users` stay behind."""
        now_s = self.clock()
        self._forget(lambda oldest: oldest.until_s <= now_s)
        asked = sorted(user for user in users if user not in self._kept)
        for user, row in zip(asked, self.read(asked) if asked else (), strict=True):
            kept = (row.event_timestamp_ms, _levels(row)) if row else (0, UNKNOWN)
            self._kept[user] = _Kept(now_s + KEEP_S, *kept)
        known = {user: self._kept[user] for user in users}
        self._forget(lambda _: len(self._kept) > self.users)
        return known

    def _forget(self, wanted: Callable[[_Kept], bool]) -> None:
        while self._kept and wanted(next(iter(self._kept.values()))):
            self._kept.popitem(last=False)


def stored_baselines(
    profile: str, data_folder: str, redis_url: str | None, *, clock: Callable[[], float]
) -> BaselineLookUp:
    """Those of the feature store; raises FeatureStoreError where it is not applied."""
    from feature_repo.store import open_online

    store = open_online(profile, data_folder, redis_url)
    from feature_repo.online import read_newest

    return BaselineLookUp(lambda users: read_newest(store, USER_BASELINE, users), clock)


def _levels(row: "OnlineRow") -> Levels:
    return np.array([np.nan if row.values[name] is None else row.values[name] for name in MEAN_NAMES], np.float32)
