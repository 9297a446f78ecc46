"""What the processes of a stack use."""

from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass

import psutil

from pipelines.core.settings import Settings
from pipelines.stack import processes

KINDS = {
    "kafka.Kafka": "broker",
    "StandaloneSessionClusterEntrypoint": "JobManager",
    "TaskManagerRunner": "TaskManager",
}
WORKERS = "Python workers"
MEBI = 1 << 20


@dataclass(frozen=True)
class Used:
    """Of one process until now."""

    kind: str
    cpu_s: float
    resident: int


def usage(settings: Settings) -> dict[int, Used]:
    """By process id."""
    found = {}
    for process in processes.owned(settings.home):
        with suppress(psutil.Error):
            times = process.cpu_times()
            kind = kind_of(" ".join(process.cmdline()))
            found[process.pid] = Used(kind, times.user + times.system, process.memory_info().rss)
    return found


def kind_of(command: str) -> str:
    """
    >>> kind_of("java -cp x kafka.Kafka server.properties"), kind_of("python -m pyflink.fn_execution.beam.beam_boot")
    ('broker', 'Python workers')
    """
    return next((kind for part, kind in KINDS.items() if part in command), WORKERS)


def cpu_s(before: dict[int, Used], after: dict[int, Used]) -> dict[str, float]:
    """Processor seconds between two looks, by kind; a process that began in between counts from its beginning.

    >>> cpu_s({1: Used("broker", 2.0, 0)}, {1: Used("broker", 5.0, 0), 2: Used("broker", 1.0, 0)})
    {'broker': 4.0}
    """
    found: dict[str, float] = defaultdict(float)
    for pid, used in after.items():
        found[used.kind] += used.cpu_s - (before[pid].cpu_s if pid in before else 0.0)
    return dict(found)


def resident_mib(now: dict[int, Used]) -> dict[str, float]:
    """Resident memory by kind."""
    found: dict[str, float] = defaultdict(float)
    for used in now.values():
        found[used.kind] += used.resident / MEBI
    return dict(found)
