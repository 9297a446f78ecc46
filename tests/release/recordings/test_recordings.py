"""All recordings of 33 people: that they are read whole, with their dirt, and give what slow computations give."""

from pathlib import Path

import pytest

from pipelines.recordings.discover import recordings
from pipelines.sources.recording import accepted
from tests.recorded import all_recordings
from tests.unit.features.test_compute import windows_equal_the_naive_computation
from tests.unit.signals.test_hrv import agrees_with_neurokit, recorded_windows
from tests.unit.sources.test_empatica_e4 import counts_and_spans, read

GOLDEN = """
stress_exercise/S04_aerobic e4-acc 16322 1361613016000 1361615056125
stress_exercise/S04_aerobic e4-eda 8160 1361613016000 1361615055750
stress_exercise/S04_aerobic e4-temp 8160 1361613016000 1361615055750
stress_exercise/S04_aerobic e4-hr 2031 1361613026000 1361615056000
stress_exercise/S04_aerobic e4-ibi 870 1361613028047 1361615037016
"""


@pytest.fixture(scope="module")
def real_recordings() -> Path:
    return all_recordings()


@pytest.fixture(scope="module")
def with_intervals(real_recordings: Path) -> list[Path]:
    return sorted(path.parent for path in real_recordings.glob("**/IBI.csv"))


def test_all_real_recordings(real_recordings: Path) -> None:
    found = recordings([real_recordings])
    assert len(found) == 53
    assert len({each.user_id for each in found}) == 33
    assert sum(len(stream.timestamp_ms) for each in found for stream in each.streams) == 2_168_801


@pytest.mark.parametrize("line", GOLDEN.split("\n")[1:-1])
def test_counts_and_spans_of_real_recordings(real_recordings: Path, line: str) -> None:
    counts_and_spans(real_recordings, line)


@pytest.mark.parametrize("number", [1, 20, 40])
def test_recorded_windows_equal_the_naive_computation(with_intervals: list[Path], number: int) -> None:
    windows_equal_the_naive_computation(with_intervals[number])


def test_recorded_intervals_agree_with_neurokit(with_intervals: list[Path]) -> None:
    compared = [agrees_with_neurokit(window) for folder in with_intervals[::6] for window in recorded_windows(folder)]
    assert sum("hrv_rmssd" in names for names in compared) > 100
    assert sum("hrv_lf" in names for names in compared) > 5


def test_real_dirt_is_kept_and_told_apart(real_recordings: Path) -> None:
    hot = read(real_recordings / "stress_exercise" / "S09_aerobic")
    temp = next(each for each in hot.streams if each.sensor_id == "e4-temp")
    assert temp.values.max() == 234.95
    kept = next(each for each in accepted(hot).streams if each.sensor_id == "e4-temp")
    assert 0 < len(temp.values) - len(kept.values) < len(temp.values)
    assert kept.values.max() <= 60


def test_real_wearers_and_labels(real_recordings: Path) -> None:
    disordered = read(real_recordings / "stress_predict" / "S01")
    starts = [label.start_ms for label in disordered.labels]
    assert disordered.user_id == "sp-S01"
    assert starts == sorted(starts)
    several = {read(real_recordings / "stress_exercise" / f"S04_{part}").user_id for part in ("stress", "aerobic")}
    assert several == {"se-S04"}
