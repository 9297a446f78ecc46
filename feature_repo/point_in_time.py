"""For each asked moment the newest row that was known by then."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

NONE = -1


@dataclass(frozen=True)
class UserMoments:
    """Whose and when: users by number, instants in nanoseconds since the epoch; one length."""

    user: Ints
    at_ns: Ints


def newest_known(asked: UserMoments, rows: UserMoments, rank: Ints, *, ttl_ns: int | None) -> Ints:
    """For each asked moment the position of the user's newest row at or before it; `NONE` where there is none.

    Rows older than `ttl_ns` do not count; None is without limit. Of rows with equal time the one of the highest
    `rank` (one for each row) counts, of equals the last. Both may be in any order.

    >>> rows = UserMoments(np.array([0, 0, 1]), np.array([10, 20, 10]))
    >>> asked = UserMoments(np.array([0, 0, 1, 2]), np.array([19, 20, 9, 99]))
    >>> newest_known(asked, rows, np.zeros(3, dtype=np.int64), ttl_ns=None).tolist()
    [0, 1, -1, -1]
    """
    stored = len(rows.user)
    user, at_ns = (np.concatenate(pair) for pair in ((rows.user, asked.user), (rows.at_ns, asked.at_ns)))
    after_rows = np.iinfo(np.int64).max
    order = np.lexsort((np.append(rank, np.full(len(asked.user), after_rows)), at_ns, user))
    before = np.maximum.accumulate(np.where(order < stored, np.arange(len(order)), NONE))
    found = order[before]
    known = (before != NONE) & (user[found] == user[order])
    if ttl_ns is not None:
        known &= at_ns[order] - at_ns[found] <= ttl_ns
    answers = order >= stored
    newest = np.empty(len(asked.user), dtype=np.int64)
    newest[order[answers] - stored] = np.where(known, found, NONE)[answers]
    return newest
