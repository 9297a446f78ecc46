"""Readings per second of the Flink jobs, start-up excluded: the slope between a short and a long run.

A run's time is from its first decoded reading to its end, as the cluster tells it; the slope between two lengths takes
away what does not grow with the readings.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipelines.core.flink_rest import Cluster
from pipelines.core.settings import Settings
from pipelines.streaming.flink_run import shipped_jars, submit
from pipelines.streaming.submission import submit_features
from schemas.topics import FEATURES, READINGS
from tests.benchmarks.bench import Bench
from tests.benchmarks.inputs import Input, Pair
from tests.integration import streaming

FOLDER = Path(__file__).parent
USERS = 500

Variant = Callable[[Settings], str]


def limit(bench: Bench) -> dict[str, Any]:
    return measured(bench.settings, decode_only, bench.sizes.limit)


def features(bench: Bench) -> dict[str, Any]:
    return measured(bench.settings, features_path, bench.sizes.ours)


def per_reading(bench: Bench) -> dict[str, Any]:
    return measured(bench.settings, per_reading_job, bench.sizes.per_reading)


def measured(settings: Settings, variant: Variant, pair: Pair) -> dict[str, Any]:
    """Steady readings per second."""
    seconds = [timed(settings, variant, each) for each in pair.inputs]
    return rate(pair, seconds)


def rate(pair: Pair, seconds: list[float]) -> dict[str, Any]:
    return {
        "readings_per_s": pair.slope(*seconds),
        "users": pair.users,
        "readings": [pair.few, pair.many],
        "seconds": seconds,
    }


def timed(settings: Settings, variant: Variant, given: Input) -> float:
    """Seconds that the job ran on so many readings."""
    streaming.fresh(settings)
    load(settings, given.readings, users=given.users)
    job = streaming.finished(settings, variant(settings))
    return float(Cluster(settings.flink_address).job(job)["duration"]) / 1000


def load(settings: Settings, readings: int, *, users: int = USERS) -> None:
    wanted = {**shared(settings), "users": users, "readings": readings}
    streaming.finished(settings, submit(FOLDER / "load_job.py", [json.dumps(wanted)], settings))


def features_path(settings: Settings) -> str:
    return submit_features(settings, bounded=True)


def per_reading_job(settings: Settings) -> str:
    own = {
        "group": "per-reading",
        "parallelism": settings.parallelism,
        "checkpoint_ms": settings.checkpoint_ms,
        "output": FEATURES.name,
    }
    wanted = shared(settings) | own
    return submit(FOLDER / "per_reading_job.py", [json.dumps(wanted)], settings)


def decode_only(settings: Settings) -> str:
    wanted = {**shared(settings), "parallelism": settings.parallelism}
    return submit(FOLDER / "decode_job.py", [json.dumps(wanted)], settings)


def shared(settings: Settings) -> dict[str, object]:
    return {"bootstrap": settings.bootstrap_servers, "topic": READINGS.name, "jars": shipped_jars(settings)}
