"""How memory and state go while jobs run, and whether they grow."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from pipelines.core.flink_rest import Cluster
from pipelines.core.settings import Settings
from tests.benchmarks.usage import MEBI, resident_mib, usage

EVERY_S = 2.0
ALLOWED_SHARE = 0.10
"""Growth from the second to the last quarter that counts as none."""

CHECKPOINT = "checkpoints"


@dataclass
class Course:
    """MiB by kind of process, and of the newest checkpoints, at regular times."""

    looks: dict[str, list[float]] = field(default_factory=dict)

    def add(self, look: dict[str, float]) -> None:
        for name, mib in look.items():
            self.looks.setdefault(name, []).append(mib)

    def quarters(self, name: str) -> tuple[float, float]:
        """Means of the second and of the last quarter.

        >>> Course({"broker": [1.0, 2.0, 3.0, 4.0]}).quarters("broker")
        (2.0, 4.0)
        """
        looks = self.looks[name]
        quarter = max(len(looks) // 4, 1)
        return fmean(looks[quarter : 2 * quarter]), fmean(looks[-quarter:])

    def growths(self) -> list[str]:
        """What grows.

        >>> Course({"broker": [1.0, 2.0, 3.0, 4.0], "checkpoints": [5.0] * 4}).growths()
        ['broker grows: 2.0 MiB in the second quarter, 4.0 MiB in the last']
        """
        found = {name: self.quarters(name) for name in self.looks}
        return [
            f"{name} grows: {early:,.1f} MiB in the second quarter, {late:,.1f} MiB in the last"
            for name, (early, late) in found.items()
            if late > early * (1 + ALLOWED_SHARE)
        ]

    def table(self) -> str:
        lines = [f"{'MiB':<16}{'2nd quarter':>12}{'last quarter':>14}{'peak':>10}"]
        for name, looks in self.looks.items():
            early, late = self.quarters(name)
            lines.append(f"{name:<16}{early:>12,.1f}{late:>14,.1f}{max(looks):>10,.1f}")
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        return {"every_s": EVERY_S, "mib": self.looks}


@contextmanager
def watched(settings: Settings, job: str) -> Iterator[Course]:
    """Looks at all processes of the stack, and at the job's state, until the block ends."""
    course, ended = Course(), threading.Event()

    def watch() -> None:
        while not ended.wait(EVERY_S):
            course.add({**resident_mib(usage(settings)), CHECKPOINT: state_bytes(settings, job) / MEBI})

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield course
    finally:
        ended.set()
        watcher.join()


def state_bytes(settings: Settings, job: str) -> int:
    """Of the job's newest checkpoint; 0 before the first."""
    newest = Cluster(settings.flink_address).checkpoints(job)["latest"]["completed"]
    return int(newest["state_size"]) if newest else 0
