"""The newest row known by a moment, against the obvious way."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from feature_repo.point_in_time import NONE, UserMoments, newest_known

Row = tuple[int, int, int]


def moments(pairs: list[tuple[int, int]]) -> UserMoments:
    user, at_ns = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return UserMoments(user, at_ns)


@given(
    rows=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 20), st.integers(0, 2)), max_size=15),
    asked=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30)), max_size=8),
    ttl_ns=st.none() | st.integers(1, 20),
)
def test_against_the_obvious_way(rows: list[Row], asked: list[tuple[int, int]], ttl_ns: int | None) -> None:
    rank = np.array([row[2] for row in rows], dtype=np.int64)
    found = newest_known(moments(asked), moments([row[:2] for row in rows]), rank, ttl_ns=ttl_ns)
    for (user, at), place in zip(asked, found.tolist(), strict=True):
        known = [(t, k, i) for i, (u, t, k) in enumerate(rows) if u == user and t <= at]
        fresh = [row for row in known if ttl_ns is None or at - row[0] <= ttl_ns]
        assert place == (max(fresh)[2] if fresh else NONE)
