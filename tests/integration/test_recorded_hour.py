"""One recorded hour through the running jobs, over a kill and a savepoint, against an independent computation.

The slow computation from the CSV files is what an undisturbed run must give: it knows of neither.
"""

import math
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Replayed:
    """What the jobs went through."""

    sent: int
    """Readings."""
    restored: dict[str, int]
    """By job, how often it went on from a checkpoint."""


@pytest.fixture(scope="module")
def replayed(stack: Settings, bundle: Path) -> Replayed:
    """Half of the hour is sent, the TaskManager dies under both jobs, and the rest follows.

    While the features job is drained, the emotions job is away. It goes on from its savepoint, at parallelism 2.
    """
    streaming.fresh(stack)
    alone = stack.model_copy(update={"parallelism": 1})
    cluster = Cluster(stack.flink_address)
    jobs = {"features": submit_features(stack), "emotions": submit_emotions(alone, bundle)}
    messages = [(user.encode(), value) for user, _, _, value in in_event_time(recordings([RECORDED_HOUR]))]
    half = len(messages) // 2
    send(stack, messages[:half])
    streaming.wait(lambda: len(streaming.events(stack)) > EVENTS_BEFORE)
    kill_the_taskmanager(stack)
    send(stack, messages[half:])
    streaming.wait(lambda: streaming.placed(stack).total() >= len(messages))
    streaming.wait(lambda: answered(stack))
    restored = {name: cluster.checkpoints(job)["counts"]["restored"] for name, job in jobs.items()}
    savepoint = cluster.stop(jobs["emotions"], drain=False)
    cluster.stop(jobs["features"], drain=True)
    again = submit_emotions(stack, bundle, savepoint=savepoint)
    streaming.wait(lambda: answered(stack))
    cluster.stop(again, drain=False)
    return Replayed(len(messages), restored)


def answered(settings: Settings) -> bool:
    """Every window that was sent has its event."""
    return len(streaming.events(settings)) >= len(streaming.features(settings))


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


def test_both_jobs_went_on_from_a_checkpoint(replayed: Replayed) -> None:
    assert min(replayed.restored.values()) > 0


def test_every_reading_is_in_one_place(stack: Settings, replayed: Replayed) -> None:
    assert streaming.placed(stack) == {"used": replayed.sent, "late": 0, "quarantined": 0}


def test_windows_are_those_the_recording_implies(
    stack: Settings, replayed: Replayed, windows: dict[int, list[naive.Sample]]
) -> None:
    found = streaming.features(stack)
    assert sorted(found) == [(USER, start) for start in windows]
    assert streaming.offline_rows(stack) == len(windows)
    assert len(windows) == 725


def test_features_equal_the_slow_computation(
    stack: Settings, replayed: Replayed, windows: dict[int, list[naive.Sample]]
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


def test_smoothed_is_the_mean_over_thirty_seconds_of_event_time(stack: Settings, replayed: Replayed) -> None:
    found = streaming.events(stack)
    assert set(found) == set(streaming.features(stack))
    for event in found.values():
        end = event["window_end_ms"]
        recent = [e["raw"] for e in found.values() if end - SMOOTHING_MS < e["window_end_ms"] <= end]
        for label, probability in event["probabilities"].items():
            mean = sum(raw[label] for raw in recent) / len(recent)
            assert probability == pytest.approx(mean, abs=2e-7)


def test_online_store_holds_the_newest_window(stack: Settings, replayed: Replayed, windows: dict[int, Any]) -> None:
    row = read_newest(open_store(stack.feast_profile, stack.feast_folder), "window_features", [USER])[0]
    newest = max(windows)
    assert row is not None
    assert row.event_timestamp_ms == newest + 60_000
    agrees(
        {name: row.values[name] for name in naive.features(newest, windows[newest])},
        naive.features(newest, windows[newest]),
    )
