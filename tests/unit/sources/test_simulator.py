from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.core.errors import SettingsError
from pipelines.sources.episodes import LONGEST_S, SHORTEST_S
from pipelines.sources.recording import Recording, accepted, to_samples
from pipelines.sources.simulator import simulate_person
from schemas.labels import EMOTIONS

START_MS = 1_700_000_000_000
TEN_MINUTES_S = 600


@pytest.fixture(scope="module")
def people() -> list[Recording]:
    return [simulate_person(number, 7, TEN_MINUTES_S, START_MS) for number in range(12)]


def values_of(recording: Recording, sensor_id: str) -> np.ndarray:
    return next(each for each in recording.streams if each.sensor_id == sensor_id).values


def means_while(recording: Recording, sensor_id: str, label: str) -> float:
    stream = next(each for each in recording.streams if each.sensor_id == sensor_id)
    felt = [each for each in recording.labels if each.label == label]
    during = [(stream.timestamp_ms >= each.start_ms + 20_000) & (stream.timestamp_ms < each.end_ms) for each in felt]
    return float(stream.values[np.any(during, axis=0), 0].mean())


def test_same_seed_and_person_give_the_same_recording(people: list[Recording]) -> None:
    assert to_samples(simulate_person(3, 7, TEN_MINUTES_S, START_MS)).tobytes() == to_samples(people[3]).tobytes()
    assert simulate_person(3, 7, TEN_MINUTES_S, START_MS).labels == people[3].labels


def test_another_seed_or_person_gives_another(people: list[Recording]) -> None:
    assert to_samples(simulate_person(3, 8, TEN_MINUTES_S, START_MS)).tobytes() != to_samples(people[3]).tobytes()
    assert values_of(people[3], "sim-hr").tolist() != values_of(people[4], "sim-hr").tolist()
    assert len({each.user_id for each in people}) == len(people)


def test_start_only_moves_the_recording(people: list[Recording]) -> None:
    moved = simulate_person(3, 7, TEN_MINUTES_S, START_MS + 86_400_000)
    assert values_of(moved, "sim-acc").tolist() == values_of(people[3], "sim-acc").tolist()
    assert moved.streams[0].timestamp_ms[0] - people[3].streams[0].timestamp_ms[0] == 86_400_000


def test_every_value_is_in_its_valid_range(people: list[Recording]) -> None:
    for recording in people:
        assert len(to_samples(accepted(recording))) == len(to_samples(recording))


@pytest.mark.parametrize(
    ("sensor_id", "rate_hz"),
    [("sim-acc", 10), ("sim-gyro", 10), ("sim-eda", 4), ("sim-temp", 4), ("sim-hr", 1), ("sim-spo2", 1)],
)
def test_sensors_run_at_their_rates_and_have_gaps(people: list[Recording], sensor_id: str, rate_hz: float) -> None:
    spacing = [np.diff(next(s for s in each.streams if s.sensor_id == sensor_id).timestamp_ms) for each in people]
    assert all(np.median(each) == 1000 / rate_hz for each in spacing)
    assert max(each.max() for each in spacing) >= 3000
    seen = np.mean([len(values_of(each, sensor_id)) for each in people]) / (rate_hz * TEN_MINUTES_S)
    assert 0.85 < seen < 1


@settings(max_examples=30, deadline=None)
@given(duration_s=st.integers(1, 1500), seed=st.integers(0, 2**32))
def test_labels_cover_every_moment(duration_s: int, seed: int) -> None:
    labels = simulate_person(0, seed, duration_s, START_MS).labels
    assert labels[0].start_ms == START_MS
    assert labels[-1].end_ms == START_MS + duration_s * 1000
    for before, after in pairwise(labels):
        assert before.end_ms == after.start_ms
        assert before.label != after.label
        assert SHORTEST_S * 1000 <= before.end_ms - before.start_ms <= LONGEST_S * 1000
    if duration_s >= SHORTEST_S * len(EMOTIONS):
        assert {each.label for each in labels} == set(EMOTIONS)
    assert {each.source for each in labels} == {"simulator"}


def test_readings_lie_within_the_labels(people: list[Recording]) -> None:
    for recording in people:
        for stream in recording.streams:
            assert stream.timestamp_ms[0] >= START_MS
            assert stream.timestamp_ms[-1] < START_MS + TEN_MINUTES_S * 1000


def test_heart_rate_fits_the_intervals(people: list[Recording]) -> None:
    for recording in people:
        from_beats = 60_000 / values_of(recording, "sim-ibi").mean()
        assert values_of(recording, "sim-hr").mean() == pytest.approx(from_beats, rel=0.03)


def test_intervals_vary_from_beat_to_beat(people: list[Recording]) -> None:
    rmssd = [np.sqrt(np.mean(np.diff(values_of(each, "sim-ibi")[:, 0]) ** 2)) for each in people]
    assert 15 < np.median(rmssd) < 120


def test_motion_disturbs_beats_and_skin_conductance(people: list[Recording]) -> None:
    pooled = np.concatenate([np.abs(np.diff(values_of(each, "sim-ibi")[:, 0])) for each in people])
    assert 0.001 < np.mean(pooled > 300) < 0.05
    assert any(values_of(each, "sim-eda").min() < 0.01 for each in people)


@pytest.mark.parametrize(
    ("sensor_id", "higher", "lower"),
    [
        ("sim-hr", "angry", "sad"),
        ("sim-hr", "fear", "neutral"),
        ("sim-eda", "fear", "sad"),
        ("sim-temp", "happy", "fear"),
    ],
)
def test_emotions_move_the_body_as_the_table_says_on_average(
    people: list[Recording], sensor_id: str, higher: str, lower: str
) -> None:
    differences = [means_while(each, sensor_id, higher) - means_while(each, sensor_id, lower) for each in people]
    assert np.mean(differences) > 2 * np.std(differences) / np.sqrt(len(differences))


def test_people_differ_at_rest(people: list[Recording]) -> None:
    resting = [means_while(each, "sim-hr", "neutral") for each in people]
    assert np.std(resting) > 2


@pytest.mark.parametrize(("duration_s", "labels"), [(60, ("joy",)), (60, ()), (0, EMOTIONS)])
def test_what_cannot_be_simulated(duration_s: int, labels: tuple[str, ...]) -> None:
    with pytest.raises(SettingsError, match="cannot simulate"):
        simulate_person(0, 0, duration_s, START_MS, labels)
