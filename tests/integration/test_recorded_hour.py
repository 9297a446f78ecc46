"""One recorded hour through the running stream job, over a kill and a savepoint, against an independent computation.

The slow computation from the CSV files is what an undisturbed run must give: it knows of neither.
"""

import math

import numpy as np
import pytest

from schemas.channels import CHANNELS
from schemas.windows import HOP_MS, PHASES, SMOOTHING_MS
from tests import naive
from tests.integration.csv_samples import csv_samples
from tests.integration.streaming import Records
from tests.integration.undisturbed import Undisturbed
from tests.recorded import RECORDED_HOUR, RECORDED_USER

USER = RECORDED_USER
VALID = {channel.name: channel.valid for channel in CHANNELS}

Windows = dict[int, list[naive.Sample]]
"""By window start."""


@pytest.fixture(scope="module")
def found(undisturbed: Undisturbed) -> tuple[Records, Records]:
    """The hour's features and events."""
    return undisturbed.of({USER})


@pytest.fixture(scope="module")
def windows() -> Windows:
    accepted = [s for s in csv_samples(RECORDED_HOUR) if VALID[s[1]][0] <= s[2] <= VALID[s[1]][1]]
    return naive.windows(accepted, naive.phase(USER, PHASES))


def test_the_job_went_on_from_a_checkpoint(undisturbed: Undisturbed) -> None:
    assert undisturbed.restored > 0


def test_every_reading_is_in_one_place(undisturbed: Undisturbed) -> None:
    assert undisturbed.placed == {"used": undisturbed.sent, "late": 0, "quarantined": 0}


def test_windows_are_those_the_recording_implies(
    undisturbed: Undisturbed, found: tuple[Records, Records], windows: Windows
) -> None:
    assert sorted(found[0]) == [(USER, start) for start in windows]
    assert undisturbed.offline[USER] == len(windows)
    assert undisturbed.offline.total() == len(undisturbed.features)
    assert {start % HOP_MS for start in windows} == {3_500}
    assert len(windows) == 725


def test_features_equal_the_slow_computation(found: tuple[Records, Records], windows: Windows) -> None:
    for start, samples in windows.items():
        record = found[0][USER, start]
        assert record["samples"] == len({sample[:2] for sample in samples})
        agrees(record["features"], naive.features(start, samples))
        agrees(record["coverage"], naive.coverage(start, samples))
        agrees(record["quality"], naive.quality(start, samples))
        agrees(record["evidence"], naive.evidence(start, samples))
        sequence = np.array([record["sequence"][name] for name in record["sequence"]], dtype=float).T
        np.testing.assert_allclose(sequence, naive.sequence(start, samples), rtol=1e-6, atol=1e-9)


def agrees(found: dict[str, float | None], expected: dict[str, float]) -> None:
    assert set(found) == set(expected)
    for name, value in expected.items():
        given = found[name]
        if math.isnan(value):
            assert given is None, name
        else:
            assert given == pytest.approx(value, rel=1e-6, abs=1e-10), name


def test_smoothed_is_the_mean_over_thirty_seconds_of_event_time(found: tuple[Records, Records]) -> None:
    features, events = found
    assert set(events) == set(features)
    for event in events.values():
        end = event["window_end_ms"]
        recent = [e["raw"] for e in events.values() if end - SMOOTHING_MS < e["window_end_ms"] <= end]
        for label, probability in event["probabilities"].items():
            mean = sum(raw[label] for raw in recent) / len(recent)
            assert probability == pytest.approx(mean, abs=2e-7)


def test_online_store_holds_the_newest_window(undisturbed: Undisturbed, windows: Windows) -> None:
    row = undisturbed.newest
    newest = max(windows)
    assert row is not None
    assert row.event_timestamp_ms == newest + 60_000
    agrees(
        {name: row.values[name] for name in naive.features(newest, windows[newest])},
        naive.features(newest, windows[newest]),
    )


def test_online_store_holds_the_latest_emotion(undisturbed: Undisturbed, found: tuple[Records, Records]) -> None:
    row = undisturbed.latest
    last = max(found[1].values(), key=lambda event: event["window_end_ms"])
    assert row is not None
    assert row.event_timestamp_ms == last["window_end_ms"]
    assert row.values == {name: last[name] for name in row.values}
