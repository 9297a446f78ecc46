"""Readings per second of each variant, start-up excluded: the slope between a short and a long run.

A run's time is from its first decoded reading to its end, as the cluster tells it; the slope between two lengths takes
away what does not grow with the readings.
"""

import json
from collections.abc import Callable
from pathlib import Path

from pipelines.jobs import submit_features
from pipelines.settings import Settings
from pipelines.stack.rest import Cluster
from pipelines.stack.submit import shipped_jars, submit
from schemas.topics import FEATURES, READINGS
from tests.integration import streaming

FOLDER = Path(__file__).parent
USERS = 500
SLOWER = 5
"""The per-reading job gets so many times fewer readings; more than a window's worth all the same."""

Variant = Callable[[Settings], str]


def measured(settings: Settings, *, few: int, many: int) -> dict[str, float]:
    """Steady readings per second by variant."""
    ours = slope(settings, features_path, few, many)
    theirs = slope(settings, per_reading, few // SLOWER, many // SLOWER)
    limit = slope(settings, decode_only, few, many)
    return {"decode only": limit, "features path": ours, "per-reading job": theirs}


def slope(settings: Settings, variant: Variant, few: int, many: int) -> float:
    short_s, long_s = (timed(settings, variant, readings) for readings in (few, many))
    return (many - few) / max(long_s - short_s, 1e-3)


def timed(settings: Settings, variant: Variant, readings: int) -> float:
    """Seconds that the job ran on so many readings."""
    streaming.fresh(settings)
    load(settings, readings)
    job = streaming.finished(settings, variant(settings))
    return float(Cluster(settings.flink_address).job(job)["duration"]) / 1000


def load(settings: Settings, readings: int) -> None:
    wanted = {**shared(settings), "users": USERS, "readings": readings}
    streaming.finished(settings, submit(FOLDER / "load_job.py", [json.dumps(wanted)], settings))


def features_path(settings: Settings) -> str:
    return submit_features(settings, bounded=True)


def per_reading(settings: Settings) -> str:
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


def table(found: dict[str, float]) -> str:
    base = found["per-reading job"]
    lines = [f"{'variant':<18}{'readings/s':>12}{'x per-reading':>16}"]
    lines += [f"{name:<18}{rate:>12,.0f}{rate / base:>16.1f}" for name, rate in found.items()]
    return "\n".join(lines)
