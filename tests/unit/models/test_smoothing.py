import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.ensemble.smoothing import smooth, smooth_each

ENDS = st.lists(st.integers(0, 16).map(lambda hops: hops * 5_000), min_size=0, max_size=20)


def naive(ends: list[int], rows: list[list[float]], now: int) -> list[float]:
    last = {end: row for end, row in zip(ends, rows, strict=True) if now - 30_000 < end <= now}
    return [sum(row[k] for row in last.values()) / len(last) if last else float("nan") for k in range(3)]


@given(ends=ENDS, now=st.integers(0, 16).map(lambda hops: hops * 5_000), seed=st.integers(0, 1000))
def test_smoothing_is_the_mean_of_the_last_half_minute(ends: list[int], now: int, seed: int) -> None:
    rows = np.random.default_rng(seed).dirichlet(np.ones(3), size=len(ends))
    given_ = smooth(np.array(ends, dtype=np.int64), rows, now)
    assert given_ == pytest.approx(naive(ends, rows.tolist(), now), nan_ok=True)


@given(ends=st.permutations(range(0, 30_000, 5_000)), seed=st.integers(0, 1000))
def test_the_order_of_arrival_changes_no_bit(ends: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, order = rng.dirichlet(np.ones(3), size=len(ends)), rng.permutation(len(ends))
    one = smooth(np.array(ends), rows, 25_000)
    np.testing.assert_array_equal(one, smooth(np.array(ends)[order], rows[order], 25_000))


def test_the_window_ending_half_a_minute_ago_is_out_and_this_one_is_in() -> None:
    ends = np.array([30_000, 30_001, 60_000, 60_001])
    assert smooth(ends, np.eye(4), 60_000).tolist() == [0, 0.5, 0.5, 0]


@given(moments=st.lists(st.tuples(ENDS, st.integers(0, 16)), min_size=0, max_size=8), seed=st.integers(0, 1000))
def test_many_moments_at_once_are_smoothed_as_each_alone(moments: list[tuple[list[int], int]], seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = [rng.dirichlet(np.ones(3), size=len(ends)).reshape(-1, 3) for ends, _ in moments]
    now = np.array([5_000 * hop for _, hop in moments], dtype=np.int64)
    which = np.repeat(np.arange(len(moments)), [len(ends) for ends, _ in moments])
    joined = np.array([end for ends, _ in moments for end in ends], dtype=np.int64)
    found = smooth_each(which, joined, np.concatenate([np.empty((0, 3)), *rows]), now)
    for at, (ends, _) in enumerate(moments):
        own = np.array(ends, dtype=np.int64)
        np.testing.assert_allclose(found[at], smooth(own, rows[at], int(now[at])), rtol=1e-12)
        alone = smooth_each(np.zeros(len(ends), dtype=np.int64), own, rows[at], now[[at]])[0]
        np.testing.assert_array_equal(found[at], alone)
