"""The comparison of two programs' windows finds what differs."""

import copy

import pytest

from schemas.windows import LATENESS_MS, WINDOW_MS
from tests.benchmarks.same_windows import Records, difference

LAST_MS = 1_700_000_300_000


def records() -> Records:
    ends = (LAST_MS - LATENESS_MS - 5_000, LAST_MS - LATENESS_MS, LAST_MS)
    return {
        ("ann", end - WINDOW_MS): {"window_end_ms": end, "features": {"hr_mean": 61.5, "gsr_mean": None}}
        for end in ends
    }


def test_the_same_is_the_same() -> None:
    assert difference(records(), records(), LAST_MS) == ""


def test_a_window_that_only_the_end_closes_may_be_missing() -> None:
    theirs = records()
    theirs.pop(max(theirs))
    assert difference(records(), theirs, LAST_MS) == ""


def test_any_other_window_must_be_there() -> None:
    theirs = records()
    theirs.pop(sorted(theirs)[1])
    assert difference(records(), theirs, LAST_MS) == f"no window {sorted(records())[1]}"


def test_no_window_is_too_many() -> None:
    assert "too many" in difference(records(), {**records(), ("ann", 0): {}}, LAST_MS)


@pytest.mark.parametrize("value", [61.5 + 1e-3, None, "61.5"])
def test_a_number_that_differs_is_named(value: object) -> None:
    theirs = copy.deepcopy(records())
    theirs[min(theirs)]["features"]["hr_mean"] = value
    assert difference(records(), theirs, LAST_MS).endswith(".features.hr_mean")


def test_rounding_is_no_difference() -> None:
    theirs = copy.deepcopy(records())
    theirs[min(theirs)]["features"]["hr_mean"] *= 1 + 1e-7
    assert difference(records(), theirs, LAST_MS) == ""
