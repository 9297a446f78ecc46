"""Readings to committed events, in one job and in two; beside what the networks alone reach on as many cores."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.core.errors import StackError
from pipelines.core.flink_rest import Cluster
from pipelines.core.settings import Settings
from pipelines.features.compute import compute_windows
from pipelines.features.windowing import windows
from pipelines.replay.people import simulated
from pipelines.sources.recording import to_samples
from pipelines.streaming.submission import submit_emotions, submit_features, submit_stream
from tests.benchmarks.bench import CORES, Bench
from tests.benchmarks.bundles import ENSEMBLE, STUDENT, bundle
from tests.benchmarks.inputs import PER_WINDOW, Input, Pair
from tests.benchmarks.listening import listening
from tests.benchmarks.live import ended
from tests.benchmarks.throughput import load, rate
from tests.benchmarks.usage import cpu_s, usage
from tests.integration import streaming

CHECKPOINT_MS = 1000
"""A second job sees what the first has committed; seldom commits would keep it waiting."""
PATIENCE_S = 900
LOOK_S = 0.2
TIMED_MINUTES = 170

Begin = Callable[[Settings, Path], AbstractContextManager[str]]
"""Submits what does the whole work, with a bundle, and gives the id of the job that reads the readings."""


def ensemble(bench: Bench) -> dict[str, Any]:
    return measured(bench, ENSEMBLE, bench.sizes.ensemble)


def student(bench: Bench) -> dict[str, Any]:
    return measured(bench, STUDENT, bench.sizes.student)


def student_two(bench: Bench) -> dict[str, Any]:
    return measured(bench, STUDENT, bench.sizes.student, begin=two_jobs)


def measured(bench: Bench, name: str, pair: Pair, begin: Begin | None = None) -> dict[str, Any]:
    folder = bundle(bench, name)
    settings = bench.settings.model_copy(update={"checkpoint_ms": CHECKPOINT_MS})
    runs = [timed(settings, folder, each, begin or one_job) for each in pair.inputs]
    found = rate(pair, [run.seconds for run in runs])
    few, many = (each.windows(settings.window_phases) for each in pair.inputs)
    return {
        **found,
        "checkpoint_ms": CHECKPOINT_MS,
        "windows_per_s": found["readings_per_s"] / PER_WINDOW,
        "cpu_us_per_window": {
            kind: 1e6 * (spent - runs[0].cpu_s.get(kind, 0.0)) / (many - few) for kind, spent in runs[1].cpu_s.items()
        },
        "predictor_windows_per_s": predictor_rate(settings, folder, bench.sizes.predictor_s),
    }


@contextmanager
def one_job(settings: Settings, folder: Path) -> Iterator[str]:
    yield submit_stream(settings, folder, bounded=True)


@contextmanager
def two_jobs(settings: Settings, folder: Path) -> Iterator[str]:
    """The id of the features job; the emotions job is there before it begins."""
    with ended(settings, submit_emotions(settings, folder)):
        yield submit_features(settings, bounded=True)


@dataclass(frozen=True)
class Run:
    """What one input cost."""

    seconds: float
    """From the first reading until the last event is committed."""
    cpu_s: dict[str, float]
    """Processor time by kind of process, from the submission on."""


def timed(settings: Settings, folder: Path, given: Input, begin: Begin) -> Run:
    streaming.fresh(settings)
    load(settings, given.readings, users=given.users)
    expected = given.windows(settings.window_phases)
    cluster, before = Cluster(settings.flink_address), usage(settings)
    with listening(settings) as listener, begin(settings, folder) as job:
        end_s, now = time.monotonic() + PATIENCE_S, before
        while listener.count < expected:
            if time.monotonic() > end_s:
                raise StackError(f"{listener.count} of {expected} events after {PATIENCE_S} s")
            # Workers of a job that has ended are gone: what they used is known from the looks before.
            now = {**now, **usage(settings)}
            time.sleep(LOOK_S)
        now = {**now, **usage(settings)}
        seen = listener.stop()
    if len(seen.end_ms) != expected:
        raise StackError(f"{len(seen.end_ms)} events of {expected} windows")
    return Run((int(seen.seen_ms.max()) - int(cluster.job(job)["start-time"])) / 1000, cpu_s(before, now))


def predictor_rate(settings: Settings, folder: Path, seconds: float) -> float:
    """Windows a second of `models/bundle/predictor.py` in a process per core, on windows of a simulated person."""
    file = settings.home / "windows.npz"
    formed = windows(to_samples(simulated(1, minutes=TIMED_MINUTES, start="2025-01-01T00:00:00Z", seed=1)[0]), 0)
    computed = compute_windows(formed.window_start_ms, formed.samples, formed.offsets)
    np.savez(file, features=computed.features.astype(np.float32), sequence=computed.sequence)
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
