"""From when a window can close to its committed event, under a load in real time."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from pipelines.core.settings import Settings
from schemas.windows import HOP_MS, user_phase_ms
from tests.benchmarks import closing
from tests.benchmarks.bench import Bench
from tests.benchmarks.bundles import ENSEMBLE, STUDENT, bundle
from tests.benchmarks.listening import Listener, listening
from tests.benchmarks.live import arrived, at_work
from tests.benchmarks.paced import paced

QUIET_S = 12.0
"""No event for so long after the last reading: all are there, however slow."""
PATIENCE_S = 90.0
EXACTLY, AT_LEAST = "exactly-once", "at-least-once"


@dataclass(frozen=True)
class Case:
    """What is measured once."""

    bundle: str
    delivery: str
    users: int
    heavy: int = 1
    """How many times as much as the others one of them sends."""


CASES = (
    *(Case(STUDENT, AT_LEAST, users) for users in (100, 1_000)),
    Case(STUDENT, AT_LEAST, 100, heavy=1_000),
    *(Case(STUDENT, EXACTLY, users) for users in (100, 1_000)),
    *(Case(ENSEMBLE, delivery, 1_000) for delivery in (AT_LEAST, EXACTLY)),
)
QUICK_CASES = (Case(STUDENT, AT_LEAST, 100),)


def latency(bench: Bench) -> dict[str, Any]:
    cases = QUICK_CASES if bench.sizes.quick else CASES
    alike = groupby(cases, key=lambda case: (case.bundle, case.delivery))
    return {"cases": [found for _, each in alike for found in measured(bench, [*each])]}


def measured(bench: Bench, cases: Sequence[Case]) -> list[dict[str, Any]]:
    """Cases of one bundle and one delivery, one after the other: the job runs on.

    Checkpoints are as seldom as by default; delivered exactly once, output waits for one.
    """
    settings = bench.settings.model_copy(update={"delivery": cases[0].delivery, "checkpoint_ms": None})
    with at_work(settings, bundle(bench, cases[0].bundle)):
        checkpoint = {"checkpoint_ms": settings.checkpoint_interval_ms}
        return [{**asdict(case), **checkpoint, **_observed(bench, settings, case)} for case in cases]


def _observed(bench: Bench, settings: Settings, case: Case) -> dict[str, Any]:
    with listening(settings) as listener:
        with paced(settings, case.users, heavy=case.heavy):
            time.sleep(bench.sizes.warm_s)
            from_ms = time.time() * 1000
            time.sleep(bench.sizes.steady_s)
            until_ms = time.time() * 1000
        wait_until_quiet(listener)
        seen = listener.stop()
    closable = closing.ends_between(arrived(settings), from_ms, until_ms, settings.window_phases)
    found = closing.latencies_ms(seen.end_ms, seen.seen_ms, closable)
    phases = Counter(user_phase_ms(f"user-{number}", settings.window_phases) for number in range(case.users))
    expected = sum(phases[end_ms % HOP_MS] for end_ms in closable)
    return {"windows": len(found), "missing": expected - len(found), **closing.quantiles(found)}


def wait_until_quiet(listener: Listener) -> None:
    """Returns once no further event has come for a while; a job that has not answered yet gets its time."""
    begun_s = grown_s = time.monotonic()
    before = listener.count
    while time.monotonic() < begun_s + PATIENCE_S and (not before or time.monotonic() < grown_s + QUIET_S):
        time.sleep(0.5)
        if listener.count != before:
            before, grown_s = listener.count, time.monotonic()
