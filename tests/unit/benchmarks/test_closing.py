"""Latency starts where the slowest partition lets a window close, and ends where its event is seen."""

import numpy as np
import pytest

from schemas.windows import HOP_MS, LATENESS_MS, PHASES
from tests.benchmarks.closing import Arrived, can_close_ms, ends_between, latencies_ms, quantiles

FIRST_MS = 1_700_000_000_000


def steady(delay_ms: int, *, seconds: int = 60) -> Arrived:
    event_ms = FIRST_MS + np.arange(0, seconds * 1000, 250)
    return Arrived(event_ms, event_ms + delay_ms)


def test_the_slowest_partition_decides() -> None:
    end = np.array([FIRST_MS + HOP_MS])
    found = can_close_ms([steady(3), steady(700), steady(20)], end)
    assert found.tolist() == [FIRST_MS + HOP_MS + LATENESS_MS + 700]


def test_a_reading_one_millisecond_early_does_not_close() -> None:
    at = FIRST_MS + HOP_MS + LATENESS_MS
    partition = Arrived(np.array([at - 1, at]), np.array([1, 2]))
    assert can_close_ms([partition], np.array([FIRST_MS + HOP_MS])).tolist() == [2]


def test_readings_out_of_order_do_not_turn_time_back() -> None:
    at = FIRST_MS + LATENESS_MS
    partition = Arrived(np.array([at + 400, at - 5_000, at + 500]), np.array([1, 2, 3]))
    assert can_close_ms([partition], np.array([FIRST_MS, FIRST_MS + 450])).tolist() == [1, 3]


def test_empty_partitions_hold_nothing_back() -> None:
    empty = Arrived(np.empty(0, np.int64), np.empty(0, np.int64))
    end = np.array([FIRST_MS + HOP_MS])
    assert can_close_ms([empty, steady(5)], end) == can_close_ms([steady(5)], end)
    assert np.isnan(can_close_ms([empty], end)).all()


def test_only_ends_that_could_be_passed_in_the_time_measured() -> None:
    from_ms, until_ms = FIRST_MS + 20_000, FIRST_MS + 30_000
    found = ends_between([steady(0), steady(100)], from_ms, until_ms)
    assert found == {
        FIRST_MS + 10_000: FIRST_MS + 20_100,
        FIRST_MS + 15_000: FIRST_MS + 25_100,
    }


def test_with_phases_some_users_windows_end_every_250_ms() -> None:
    found = ends_between([steady(0)], FIRST_MS + 20_000, FIRST_MS + 21_000, PHASES)
    assert list(found) == [FIRST_MS + 10_000 + 250 * step for step in range(4)]


def test_latencies_are_of_the_measured_ends_alone() -> None:
    closable = {FIRST_MS: FIRST_MS + 10_000.0}
    ends = np.array([FIRST_MS, FIRST_MS, FIRST_MS + HOP_MS])
    assert latencies_ms(ends, ends + 10_040, closable).tolist() == [40.0, 40.0]


@pytest.mark.parametrize(("count", "expected"), [(1, (1, 1, 1)), (100, (50, 99, 100)), (10_000, (5_000, 9_900, 9_990))])
def test_quantiles_are_values_that_occurred(count: int, expected: tuple[int, ...]) -> None:
    shuffled = np.random.default_rng(0).permutation(np.arange(1.0, count + 1))
    found = quantiles(shuffled)
    assert (found["p50"], found["p99"], found["p99_9"], found["max"]) == (*expected, count)


def test_no_event_has_no_quantiles() -> None:
    assert set(quantiles(np.empty(0)).values()) == {None}
