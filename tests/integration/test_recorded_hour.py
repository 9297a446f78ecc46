"""One recorded hour through the running jobs, over a kill, against an independent computation from its CSV files."""

import math
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from feature_repo.online import read_newest
from feature_repo.store import open_store
from pipelines.core.flink_rest import Cluster
from pipelines.core.settings import Settings
from pipelines.replay.messages import in_event_time
from pipelines.replay.publish import publisher
from pipelines.sources.discover import recordings
from pipelines.stack import processes
from pipelines.stack.flink import TASKMANAGER
from pipelines.stack.stack import up
from pipelines.streaming.submission import submit_emotions, submit_features
from schemas.channels import CHANNELS
from schemas.topics import READINGS
from schemas.windows import SMOOTHING_MS
from tests import naive
from tests.integration import streaming
from tests.integration.csv_samples import csv_samples
from tests.recorded import RECORDED_HOUR, RECORDED_USER

USER = RECORDED_USER
EVENTS_BEFORE = 100
"""So many are committed when the TaskManager dies."""

VALID = {channel.name: channel.valid for channel in CHANNELS}


@pytest.fixture(scope="module")
def sent(stack: Settings, bundle: Path) -> int:
    """Both jobs run; half of the hour is sent, the TaskManager dies, the rest follows. Then the features are drained.

    Checkpoints that were complete count; what was read after them is read again. Nothing here knows of the kill: the
    slow computation is what an undisturbed run must give.
    """
    streaming.fresh(stack)
    cluster = Cluster(stack.flink_address)
    features_job = submit_features(stack)
    emotions_job = submit_emotions(stack, bundle)
    messages = [(user.encode(), value) for user, _, _, value in in_event_time(recordings([RECORDED_HOUR]))]
    half = len(messages) // 2
    send(stack, messages[:half])
    streaming.wait(lambda: len(streaming.events(stack)) > EVENTS_BEFORE)
    kill_the_taskmanager(stack)
    send(stack, messages[half:])
    streaming.wait(lambda: streaming.placed(stack).total() >= len(messages))
    cluster.stop(features_job, drain=True)
    streaming.wait(lambda: len(streaming.events(stack)) >= len(streaming.features(stack)))
    cluster.stop(emotions_job, drain=False)
    return len(messages)


def send(settings: Settings, messages: Sequence[tuple[bytes, bytes]]) -> None:
    with publisher(settings.bootstrap_servers) as client:
        for key, value in messages:
            client.send(READINGS.name, key, value)


def kill_the_taskmanager(settings: Settings) -> None:
    """As a machine dies; `eqm up` starts another, and Flink goes on there from the last checkpoints."""
    server = processes.recorded(settings.home, TASKMANAGER)
    assert server is not None
    os.kill(server.pid, signal.SIGKILL)
    streaming.wait(lambda: processes.recorded(settings.home, TASKMANAGER) is None)
    up(settings, say=lambda _: None)


@pytest.fixture(scope="module")
def windows() -> dict[int, list[naive.Sample]]:
    accepted = [s for s in csv_samples(RECORDED_HOUR) if VALID[s[1]][0] <= s[2] <= VALID[s[1]][1]]
    return naive.windows(accepted)


def test_every_reading_is_in_one_place(stack: Settings, sent: int) -> None:
    assert streaming.placed(stack) == {"used": sent, "late": 0, "quarantined": 0}


def test_windows_are_those_the_recording_implies(
    stack: Settings, sent: int, windows: dict[int, list[naive.Sample]]
) -> None:
    found = streaming.features(stack)
    assert sorted(found) == [(USER, start) for start in windows]
    assert streaming.offline_rows(stack) == len(windows)
    assert len(windows) == 725


def test_features_equal_the_slow_computation(
    stack: Settings, sent: int, windows: dict[int, list[naive.Sample]]
) -> None:
    found = streaming.features(stack)
    for start, samples in windows.items():
        record = found[USER, start]
        assert record["samples"] == len({sample[:2] for sample in samples})
        agrees(record["features"], naive.features(start, samples))
        agrees(record["coverage"], naive.coverage(start, samples))
        agrees(record["quality"], naive.quality(start, samples))
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


def test_smoothed_is_the_mean_over_thirty_seconds_of_event_time(stack: Settings, sent: int) -> None:
    found = streaming.events(stack)
    assert set(found) == set(streaming.features(stack))
    for event in found.values():
        end = event["window_end_ms"]
        recent = [e["raw"] for e in found.values() if end - SMOOTHING_MS < e["window_end_ms"] <= end]
        for label, probability in event["probabilities"].items():
            mean = sum(raw[label] for raw in recent) / len(recent)
            assert probability == pytest.approx(mean, abs=2e-7)


def test_online_store_holds_the_newest_window(stack: Settings, sent: int, windows: dict[int, Any]) -> None:
    row = read_newest(open_store(stack.feast_profile, stack.feast_folder), "window_features", [USER])[0]
    newest = max(windows)
    assert row is not None
    assert row.event_timestamp_ms == newest + 60_000
    agrees(
        {name: row.values[name] for name in naive.features(newest, windows[newest])},
        naive.features(newest, windows[newest]),
    )
