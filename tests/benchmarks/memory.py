"""Whether the features job's processes grow over millions of readings."""

import threading
from dataclasses import asdict, dataclass
from typing import Any

import psutil

from pipelines.core.settings import Settings
from pipelines.stack import processes
from pipelines.streaming.submission import submit_features
from tests.benchmarks.bench import Bench
from tests.benchmarks.throughput import load
from tests.integration import streaming

EVERY_S = 1.0
MEBI = 1 << 20
ALLOWED_SHARE = 0.10
"""Growth from the run's second to its last quarter that counts as none."""


@dataclass(frozen=True)
class Growth:
    """Resident memory of all processes of the stack, the means of two quarters of the run."""

    readings: int
    early_mib: float
    late_mib: float
    peak_mib: float

    @property
    def grows(self) -> bool:
        return self.late_mib > self.early_mib * (1 + ALLOWED_SHARE)

    def line(self) -> str:
        verdict = "grows" if self.grows else "does not grow"
        return (
            f"memory over {self.readings:,} readings {verdict}: {self.early_mib:,.0f} MiB in the second quarter,"
            f" {self.late_mib:,.0f} MiB in the last, peak {self.peak_mib:,.0f} MiB"
        )

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "grows": self.grows, "line": self.line()}


def memory(bench: Bench) -> dict[str, Any]:
    return growth(bench.settings, readings=bench.sizes.memory).as_json()


def growth(settings: Settings, *, readings: int) -> Growth:
    """Runs the features job over so many readings and watches the memory of its Python workers and its TaskManager."""
    streaming.fresh(settings)
    load(settings, readings)
    samples: list[float] = []
    ended = threading.Event()
    watcher = threading.Thread(target=watch, args=(settings, samples, ended))
    watcher.start()
    try:
        streaming.finished(settings, submit_features(settings, bounded=True))
    finally:
        ended.set()
        watcher.join()
    quarter = max(len(samples) // 4, 1)
    early, late = samples[quarter : 2 * quarter], samples[-quarter:]
    return Growth(readings, sum(early) / len(early), sum(late) / len(late), max(samples))


def watch(settings: Settings, samples: list[float], ended: threading.Event) -> None:
    while not ended.wait(EVERY_S):
        samples.append(sum(resident(process) for process in processes.owned(settings.home)) / MEBI)


def resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0
