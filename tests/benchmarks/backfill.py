"""`python -m tests.benchmarks.backfill`: whole days of many users through `eqm backfill`, beside pandas."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import psutil

from feature_repo.store import apply
from pipelines.core.settings import Settings
from schemas.windows import HOP_S
from tests.benchmarks import archives, pandas_backfill

DAY = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
"""Yesterday, as each night."""

FOLDER = Path("build/bench")
MIB = 1 << 20
PANDAS_MINUTES = 10
NEW = HOP_S * archives.RATE_HZ
"""Readings that a window has and the one before has not."""


@dataclass(frozen=True)
class Run:
    """One backfill, from the start of the command to its end."""

    users: int
    readings: int
    windows: int
    seconds: float
    peak_mib: float

    def line(self) -> str:
        return (
            f"{self.users:>6} users {self.readings:>12,} readings {self.windows:>10,} windows {self.seconds:>8.1f} s"
            f" {self.readings / self.seconds:>10,.0f} readings/s {self.windows / self.seconds:>8,.0f} windows/s"
            f" {self.peak_mib:>7,.0f} MiB at most"
        )


def main() -> None:
    given = arguments()
    runs = []
    with tempfile.TemporaryDirectory(prefix="eqm-bench-") as home:
        for users in given.users:
            runs.append(measured(Path(home), users, given.hours))
            print(runs[-1].line(), flush=True)
        yardstick = pandas_rate(Path(home))
    ours = runs[-1].windows / runs[-1].seconds
    exponent = growth(runs) if len(runs) > 1 else None
    print("" if exponent is None else f"time grows with users to the power of {exponent:.2f}")
    print(f"pandas, one process, 46 of the 88 features: {yardstick:,.0f} windows/s, {yardstick * NEW:,.0f} readings/s")
    print(f"ours is {ours / yardstick:.0f} times that")
    FOLDER.mkdir(parents=True, exist_ok=True)
    result = {"runs": [asdict(run) for run in runs], "exponent": exponent, "pandas_windows_per_s": yardstick}
    (FOLDER / "backfill.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def growth(runs: Sequence[Run]) -> float:
    """The power of the number of users with which the time grows."""
    return float(np.polyfit(np.log([run.users for run in runs]), np.log([run.seconds for run in runs]), 1)[0])


def measured(home: Path, users: int, hours: int) -> Run:
    """Replaces what is in the home folder by so many users, and backfills them."""
    settings = Settings(home=home / "home")
    shutil.rmtree(settings.home, ignore_errors=True)
    readings = archives.write(settings.archive_folder, users=users, hours=hours, day=DAY)
    apply("local", settings.feast_folder)
    command = [sys.executable, "-m", "pipelines.cli.main", "backfill", "--from", DAY, "--to", DAY, "--json"]
    begun_s = time.monotonic()
    process = subprocess.Popen(
        command, env=os.environ | {"EQM_HOME": str(settings.home)}, stdout=subprocess.PIPE, text=True
    )
    peak = peak_memory(process)
    seconds = time.monotonic() - begun_s
    assert process.stdout is not None
    if process.returncode:
        raise SystemExit(f"the backfill ended with {process.returncode}")
    windows = json.loads(process.stdout.read())["days"][0]["new"]
    return Run(users, readings, windows, seconds, peak / MIB)


def peak_memory(process: "subprocess.Popen[str]") -> int:
    """Greatest sum of resident memory of the process and all below it, sampled twice a second until it ends."""
    peak = 0
    while process.poll() is None:
        peak = max(peak, _resident(process.pid))
        time.sleep(0.5)
    return peak


def _resident(pid: int) -> int:
    total = 0
    try:
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.Error:
        return 0
    for each in family:
        try:
            total += each.memory_info().rss
        except psutil.Error:
            continue
    return total


def pandas_rate(home: Path) -> float:
    """Windows a second, of one user."""
    archive = Settings(home=home / "home").archive_folder / f"day={DAY}"
    first = sorted(archive.iterdir())[: PANDAS_MINUTES * archives.SUBTASKS]
    begun_s = time.monotonic()
    found = pandas_backfill.windows(first, user="user-0000", minutes=PANDAS_MINUTES)
    return len(found) / (time.monotonic() - begun_s)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.backfill", description=__doc__)
    parser.add_argument("--users", type=int, nargs="+", default=[10, 30, 100])
    parser.add_argument("--hours", type=int, default=24)
    return parser.parse_args()


if __name__ == "__main__":
    main()
