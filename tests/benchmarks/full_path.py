"""Readings to committed events, both jobs at once; beside what the networks alone reach on as many cores."""

import json
import os
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.core.errors import StackError
from pipelines.core.flink_rest import Cluster
from pipelines.core.settings import Settings
from pipelines.core.topic_reader import committed
from pipelines.features.records import parse_feature_windows
from pipelines.streaming.submission import submit_emotions, submit_features
from schemas.topics import FEATURES
from tests.benchmarks.bench import CORES, Bench
from tests.benchmarks.bundles import ENSEMBLE, STUDENT, bundle
from tests.benchmarks.inputs import PER_WINDOW, Input, Pair
from tests.benchmarks.listening import listening
from tests.benchmarks.live import ended
from tests.benchmarks.throughput import load, rate
from tests.integration import streaming

CHECKPOINT_MS = 1000
"""The second job sees what the first has committed; seldom commits would keep it waiting."""
PATIENCE_S = 900
LOOK_S = 0.05
TIMED_WINDOWS = 2048


def ensemble(bench: Bench) -> dict[str, Any]:
    return measured(bench, bundle(bench, ENSEMBLE), bench.sizes.ensemble)


def student(bench: Bench) -> dict[str, Any]:
    return measured(bench, bundle(bench, STUDENT), bench.sizes.student)


def measured(bench: Bench, folder: Path, pair: Pair) -> dict[str, Any]:
    settings = bench.settings.model_copy(update={"checkpoint_ms": CHECKPOINT_MS})
    found = rate(pair, [timed(settings, folder, each) for each in pair.inputs])
    windows = found["readings_per_s"] / PER_WINDOW
    alone = predictor_rate(settings, folder, bench.sizes.predictor_s)
    return {**found, "checkpoint_ms": CHECKPOINT_MS, "windows_per_s": windows, "predictor_windows_per_s": alone}


def timed(settings: Settings, folder: Path, given: Input) -> float:
    """Seconds from the features job's first reading until the last event is committed."""
    streaming.fresh(settings)
    load(settings, given.readings, users=given.users)
    cluster = Cluster(settings.flink_address)
    windows = given.windows(settings.window_phases)
    with listening(settings) as listener, ended(settings, submit_emotions(settings, folder)):
        job = submit_features(settings, bounded=True)
        end_s = time.monotonic() + PATIENCE_S
        while listener.count < windows:
            if time.monotonic() > end_s:
                raise StackError(f"{listener.count} of {windows} events after {PATIENCE_S} s")
            time.sleep(LOOK_S)
        seen = listener.stop()
    if len(seen.end_ms) != windows:
        raise StackError(f"{len(seen.end_ms)} events of {windows} windows")
    return (int(seen.seen_ms.max()) - int(cluster.job(job)["start-time"])) / 1000


def predictor_rate(settings: Settings, folder: Path, seconds: float) -> float:
    """Windows a second of `models/bundle/predictor.py` in a process per core, on windows of the topic."""
    file = settings.home / "windows.npz"
    messages = islice(committed(settings.bootstrap_servers, FEATURES.name), TIMED_WINDOWS)
    windows, _ = parse_feature_windows([message.value for message in messages])
    np.savez(file, features=windows.features.astype(np.float32), sequence=windows.sequence)
    command = [sys.executable, "-m", "tests.benchmarks.predictor_speed", str(folder), str(file), str(seconds)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    workers = [
        subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(CORES)
    ]
    return sum(_rates(workers))


def _rates(workers: list["subprocess.Popen[str]"]) -> list[float]:
    """All begin when all are ready."""
    for worker in workers:
        assert worker.stdout is not None
        worker.stdout.readline()
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    return [json.loads(worker.communicate()[0]) for worker in workers]
