"""What the benchmark concludes from its figures."""

from typing import Any

import pytest

from schemas.windows import PHASES
from tests.benchmarks.inputs import FULL, QUICK, Input, NoiseError, Pair
from tests.benchmarks.plot import plot
from tests.benchmarks.ratios import Target, fastest_peer, of_predictor, over, targets
from tests.benchmarks.table import table

MACHINE = {"processor": "one", "cores": 2, "memory_gib": 8.0, "system": "Linux", "versions": {"python": "3.11"}}
LATENCY = {"p50": 40.0, "p99": 250.0, "p99_9": 800.0, "max": 900.0, "windows": 1000, "missing": 0}


def parts(**changes: dict[str, Any]) -> dict[str, dict[str, Any]]:
    case = {
        "bundle": "student",
        "delivery": "at-least-once",
        "users": 1000,
        "heavy": 1,
        "checkpoint_ms": 10_000,
        **LATENCY,
    }
    skewed = case | {"users": 100, "heavy": 1000}
    return {
        "limit": {"readings_per_s": 400_000.0},
        "features": {"readings_per_s": 200_000.0},
        "student": {"readings_per_s": 60_000.0, "windows_per_s": 3_000.0, "cpu_us_per_window": {"workers": 300.0}},
        "student-two": {"readings_per_s": 20_000.0, "windows_per_s": 1_000.0, "cpu_us_per_window": {"broker": 750.0}},
        "ensemble": {"readings_per_s": 18_000.0, "windows_per_s": 900.0, "predictor_windows_per_s": 1000.0},
        "quix": {"readings_per_s": 3_000.0},
        "bytewax": {"readings_per_s": 5_000.0},
        "latency": {"cases": [case, skewed]},
        **changes,
    }


def spoilt(place: int, **changes: float) -> dict[str, dict[str, Any]]:
    cases = parts()["latency"]["cases"]
    cases[place] |= changes
    return {"latency": {"cases": cases}}


def test_all_targets_met() -> None:
    assert [round(target.reached or 0, 3) for target in targets(parts())] == [
        *(3.0, 0.4, 0.5, 40.0, 0.9),
        *(250.0, 250.0),
    ]
    assert all(target.met for target in targets(parts()))


@pytest.mark.parametrize(
    ("place", "changes"),
    [
        (0, {"student-two": {"readings_per_s": 24_001.0, "cpu_us_per_window": {"broker": 750.0}}}),
        (1, {"student-two": {"readings_per_s": 20_000.0, "cpu_us_per_window": {"broker": 666.0}}}),
        (2, {"limit": {"readings_per_s": 1_540_000.0}}),
        (3, {"seed": {"readings_per_s": 16_667.0}}),
        (4, {"ensemble": {"readings_per_s": 1.0, "windows_per_s": 799.0, "predictor_windows_per_s": 1000.0}}),
        (5, spoilt(0, p99=301.0)),
        (5, spoilt(0, missing=1)),
        (6, spoilt(1, p99=2_001.0)),
    ],
)
def test_each_target_can_be_missed(place: int, changes: dict[str, dict[str, Any]]) -> None:
    met = [target.met for target in targets(parts(**changes))]
    assert met == [at != place for at in range(len(met))]


def test_what_was_not_measured_is_not_met() -> None:
    assert not any(target.met for target in targets({}))
    assert "not measured" in Target("speed", None, 1).line()


def test_the_fastest_peer_is_none_of_ours() -> None:
    assert fastest_peer(parts()) == "bytewax"
    assert fastest_peer({}) is None
    assert over(parts(), "features", "bytewax") == 40
    assert of_predictor(parts(), "features") is None


def test_table_and_picture_show_whatever_was_measured() -> None:
    text = table(MACHINE, parts())
    assert "MISSED" not in text
    assert "25,000" in text, "users per core of the features path"
    assert "EQM, features path" in plot(parts())
    for name in parts():
        assert table(MACHINE, {name: parts()[name]})
        assert plot({name: parts()[name]}).startswith("<svg")


def latency_cells(case: dict[str, Any]) -> list[str]:
    lines = table(MACHINE, {"latency": {"cases": [case]}}).splitlines()
    return next(line for line in lines if line.startswith("1,000 users")).split()[-7:]


def test_latencies_kept_from_before_a_column_came_show_none_in_it() -> None:
    case = parts()["latency"]["cases"][0]
    cells = ["40", "250", "800", "900", "1,000", "0"]
    assert latency_cells(case) == [*cells, "10,000"]
    del case["checkpoint_ms"]
    assert latency_cells(case) == [*cells, "-"]


@pytest.mark.parametrize("sizes", [FULL, QUICK])
def test_every_run_is_longer_than_a_window(sizes: Any) -> None:  # noqa: ANN401
    for pair in (sizes.ours, sizes.student, sizes.ensemble, sizes.per_reading, sizes.peers, sizes.seed):
        assert pair.few >= pair.users * 4 * 60
        assert pair.many > pair.few


def test_a_slope_takes_away_what_all_runs_cost() -> None:
    assert Pair(10, 1_000, 3_000).slope(30 + 1, 30 + 3) == 1_000


def test_a_longer_run_that_takes_no_longer_has_no_rate() -> None:
    with pytest.raises(NoiseError, match="measure again"):
        Pair(10, 1_000, 3_000).slope(5.0, 4.9)


def test_windows_of_an_input() -> None:
    assert Input(users=2, readings=2 * 4 * 60).windows(1) == 2 * (12 + 11)
    assert Input(users=2, readings=2 * 4 * 60).windows(PHASES) == 2 * (13 + 11)
