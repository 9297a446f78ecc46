"""Processor time, memory and state against the number of users, under a load in real time: stream job, student."""

import time
from typing import Any

import numpy as np

from pipelines.core.settings import Settings
from tests.benchmarks.bench import Bench
from tests.benchmarks.bundles import STUDENT, bundle
from tests.benchmarks.growth import state_bytes
from tests.benchmarks.live import at_work
from tests.benchmarks.paced import paced
from tests.benchmarks.usage import cpu_s, resident_mib, usage


def cost(bench: Bench) -> dict[str, Any]:
    """The job runs on while the users become more."""
    settings = bench.settings.model_copy(update={"checkpoint_ms": 1000})
    with at_work(settings, bundle(bench, STUDENT)) as running:
        levels = [level(bench, settings, running, users) for users in bench.sizes.cost_users]
    users = [each["users"] for each in levels]
    return {
        "delivery": settings.delivery,
        "checkpoint_ms": settings.checkpoint_ms,
        "levels": levels,
        "resident_kib_per_user": 1024 * slope(users, [sum(each["resident_mib"].values()) for each in levels]),
        "state_bytes_per_user": slope(users, [each["state_bytes"] for each in levels]),
    }


def level(bench: Bench, settings: Settings, running: str, users: int) -> dict[str, Any]:
    """One number of users, once their windows are full."""
    with paced(settings, users) as load:
        time.sleep(bench.sizes.cost_warm_s)
        before, sent, begun_s = usage(settings), load.sent, time.monotonic()
        time.sleep(bench.sizes.cost_steady_s)
        after, readings, seconds = usage(settings), load.sent - sent, time.monotonic() - begun_s
        state = state_bytes(settings, running)
    used = cpu_s(before, after)
    return {
        "users": users,
        "readings_per_s": readings / seconds,
        "cores": {kind: spent / seconds for kind, spent in used.items()},
        "cpu_us_per_reading": 1e6 * sum(used.values()) / readings,
        "resident_mib": resident_mib(after),
        "state_bytes": state,
    }


def slope(users: list[int], values: list[float]) -> float:
    """How much a user adds, by least squares.

    >>> round(slope([10, 100], [30.0, 210.0]), 6)
    2.0
    """
    return float(np.polyfit(users, values, 1)[0])
