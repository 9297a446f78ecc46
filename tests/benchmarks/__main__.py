"""`python -m tests.benchmarks`: every part on one stack, in one run; a table, a picture and JSON.

Exit code 0: every target is met; 1: one is not; 2: a part could not be measured.
`--only` measures some parts again and keeps the figures of the others.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.core.errors import SettingsError, first_line
from pipelines.core.flink_rest import ENDED, Cluster
from pipelines.core.settings import Settings
from pipelines.stack.stack import down, up
from schemas.errors import EqmError
from tests.benchmarks import cost, full_path, latency, memory, peers, same_windows, throughput
from tests.benchmarks.bench import CORES, Bench, share_package
from tests.benchmarks.inputs import FULL, QUICK
from tests.benchmarks.machine import machine
from tests.benchmarks.ratios import targets
from tests.benchmarks.results import Results
from tests.integration.ports import separate_settings

ROOT = Path(__file__).parents[2]
FOLDER = Path("build/bench")
CHECKPOINT_MS = 10_000

PARTS: dict[str, Callable[[Bench], dict[str, Any]]] = {
    "limit": throughput.limit,
    "features": throughput.features,
    "student": full_path.student,
    "student-two": full_path.student_two,
    "ensemble": full_path.ensemble,
    "per-reading": throughput.per_reading,
    "quix": peers.quix,
    "bytewax": peers.bytewax,
    "seed": peers.seed,
    "latency": latency.latency,
    "cost": cost.cost,
    "memory": memory.memory,
}


def main() -> int:
    given = arguments()
    try:
        return checked(given) if given.check else measured(given)
    except EqmError as fault:
        print(f"error: {fault}", file=sys.stderr)
        return 2


def measured(given: argparse.Namespace) -> int:
    """Runs the parts and shows all figures."""
    results = Results(FOLDER / "quick" if given.quick else FOLDER)
    with stack(given) as bench:
        results.begin(machine(bench.settings, bench.peers_python), keep=bool(given.only))
        failed = [name for name in given.only or PARTS if not succeeded(name, bench, results)]
    print(results.show())
    if failed:
        return 2
    return 0 if all(each.met for each in targets(results.parts())) else 1


def succeeded(name: str, bench: Bench, results: Results) -> bool:
    """Runs a part; where it fails the others still get their turn, and no earlier figures of it stay."""
    print(f"{datetime.now(UTC):%H:%M:%S} {name}", flush=True)
    results.remove(name)
    try:
        results.add(name, PARTS[name](bench), datetime.now(UTC))
    except (EqmError, AssertionError) as fault:
        print(f"error: {name}: {first_line(fault)}; logs: {results.folder / 'log'}", file=sys.stderr, flush=True)
        shutil.copytree(bench.settings.log_folder, results.folder / "log", dirs_exist_ok=True)
        cancel_jobs(bench.settings)
        return False
    return True


def cancel_jobs(settings: Settings) -> None:
    """Leaves nothing running that would slow the next part, and says what was wrong with it."""
    cluster = Cluster(settings.flink_address)
    for job in cluster.jobs():
        if job.state not in ENDED:
            print(f"{job.name} was {job.state}: {cluster.root_cause(job.id)}", file=sys.stderr, flush=True)
            cluster.cancel(job.id)


def checked(given: argparse.Namespace) -> int:
    """Compares the windows and features of the other programs with ours."""
    with stack(given) as bench:
        found = same_windows.compared(bench)
    return 1 if any(found.values()) else 0


@contextmanager
def stack(given: argparse.Namespace) -> Iterator[Bench]:
    """A stack of its own; its workers and the other programs find this package."""
    for python in (given.peers, given.batch):
        if not python.is_file():
            raise SettingsError(f"there is no Python at {python}: `make bench` installs what is compared with")
    share_package()
    with tempfile.TemporaryDirectory(prefix="eqm-bench-") as home:
        settings = _settings(Path(home) / "home")
        up(settings, lambda line: None)
        try:
            yield Bench(
                settings, QUICK if given.quick else FULL, given.peers, given.batch, (FOLDER / "bundles").absolute()
            )
        finally:
            down(settings)


def _settings(home: Path) -> Settings:
    """A worker per core, and a partition for each: a program that takes time as it comes sees it in order, too."""
    return separate_settings(
        home,
        java_options="",
        roll_s=Settings().roll_s,
        task_slots=max(8, 4 * CORES),
        parallelism=CORES,
        partitions=CORES,
        taskmanager_memory_mb=3072,
        checkpoint_ms=CHECKPOINT_MS,
    )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--only", type=names, metavar="NAME,...", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="small inputs: shows that all parts work, not how fast")
    parser.add_argument("--check", action="store_true", help="compare the other programs' features with ours instead")
    parser.add_argument(
        "--peers", type=Path, default=ROOT / ".venv/peers/bin/python", help="their environment's Python"
    )
    parser.add_argument(
        "--batch", type=Path, default=ROOT / ".venv/batch/bin/python", help="the training environment's"
    )
    return parser.parse_args()


def names(text: str) -> list[str]:
    """Parts by name."""
    found = text.split(",")
    unknown = sorted(set(found) - PARTS.keys())
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0]} is no part; there are {', '.join(PARTS)}")
    return found


if __name__ == "__main__":
    raise SystemExit(main())
