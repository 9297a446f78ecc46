import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.smoothing import smooth

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
