"""`python -m tests.benchmarks.endurance`: hours of event time at full speed; good, bad, late and repeated readings.

The stream job runs while it is sent. In the end every reading is accounted for and every window has its features and
one event; the job has not restarted, and neither memory nor checkpoints have grown.
"""

import argparse
import json
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from pipelines.core.flink_rest import Cluster
from pipelines.core.settings import Settings
from pipelines.core.topic_reader import committed
from pipelines.demo.counting import feature_rows, readings_placed, wait_for
from pipelines.stack.stack import down, up
from pipelines.streaming.flink_run import submit
from schemas.topics import EMOTIONS
from schemas.windows import HOP_S, LATENESS_S, PANES_PER_WINDOW
from tests.benchmarks.bench import CORES, ROOT, Bench, share_package
from tests.benchmarks.bundles import STUDENT, bundle
from tests.benchmarks.growth import Course, watched
from tests.benchmarks.inputs import DELAY_MS, FAULTS, FULL, RATE_HZ, STEP_MS, Input
from tests.benchmarks.listening import listening
from tests.benchmarks.live import at_work
from tests.benchmarks.throughput import shared
from tests.integration import streaming
from tests.integration.ports import separate_settings

FOLDER = Path("build/bench")
CHECKPOINT_MS = 5_000
PATIENCE_S = 1_200
WHOLE_HEAP = "-XX:+AlwaysPreTouch"
"""A heap that becomes resident page by page, or is made larger once, would look like growth; only what is beside it may
grow, and a heap that is filled for good ends its process."""
STILL_OPEN = PANES_PER_WINDOW + LATENESS_S // HOP_S + 1
"""Windows of a user that wait for later readings, at most, until the drain."""


@dataclass(frozen=True)
class Expected:
    """Where the readings of a spoilt input must end."""

    used: int
    late: int
    quarantined: int


def expected(given: Input) -> Expected:
    """
    >>> expected(Input(users=1, readings=971))
    Expected(used=982, late=0, quarantined=2)
    """
    times = {kind: -(-given.readings // every) for kind, every in FAULTS.items()}
    too_soon = -(-given.users * (DELAY_MS // STEP_MS) // FAULTS["late"])
    return Expected(
        used=given.readings + times["again"],
        late=max(times["late"] - too_soon, 0),
        quarantined=times["torn"] + times["absurd"],
    )


def endured(bench: Bench, given: Input) -> tuple[list[str], Course]:
    """Runs it; returns what is wrong, and how memory and state went."""
    settings = bench.settings
    windows = given.windows(settings.window_phases)
    with at_work(settings, bundle(bench, STUDENT)) as running, listening(settings) as listener:
        with watched(settings, running) as course:
            send(settings, given)
            wait_for(
                lambda: listener.count >= windows - given.users * STILL_OPEN,
                "events",
                timeout_s=PATIENCE_S,
                check=lambda: None,
            )
        cluster = Cluster(settings.flink_address)
        why = cluster.root_cause(running)
        found = [f"the job restarted: {why}"] if why else []
        cluster.stop(running, drain=True)
        wait_for(lambda: listener.count >= windows, "events", timeout_s=PATIENCE_S, check=lambda: None)
        return found + miscounted(settings, given), course


def send(settings: Settings, given: Input) -> None:
    wanted = {**shared(settings), "users": given.users, "readings": given.readings, "spoilt": True}
    job = submit(Path(__file__).parent / "load_job.py", [json.dumps(wanted)], settings)
    streaming.finished(settings, job, timeout_s=PATIENCE_S)


def miscounted(settings: Settings, given: Input) -> list[str]:
    """Every count that is not what it must be."""
    windows = given.windows(settings.window_phases)
    counted = {
        **readings_placed(settings),
        "offline rows": feature_rows(settings),
        "events": distinct(settings, EMOTIONS.name),
    }
    print(json.dumps(counted), flush=True)
    due = {**asdict(expected(given)), **dict.fromkeys(("offline rows", "events"), windows)}
    return [f"{name}: {counted[name]:,}, must be {due[name]:,}" for name in counted if counted[name] != due[name]]


def distinct(settings: Settings, topic: str) -> int:
    """Windows on the topic; less than there are where one stands twice, so that this is seen, too."""
    keys = [(message.key, message.timestamp) for message in committed(settings.bootstrap_servers, topic)]
    return 2 * len(set(keys)) - len(keys)


def main() -> int:
    given = arguments()
    share_package()
    load = Input(given.users, int(given.hours * 3600 * RATE_HZ) * given.users)
    with tempfile.TemporaryDirectory(prefix="eqm-endurance-") as home:
        settings = separate_settings(
            Path(home) / "home",
            java_options=WHOLE_HEAP,
            roll_s=Settings().roll_s,
            task_slots=8,
            parallelism=CORES,
            taskmanager_memory_mb=3072,
            checkpoint_ms=CHECKPOINT_MS,
        )
        up(settings, lambda line: None)
        try:
            bench = Bench(settings, FULL, Path(), ROOT / ".venv/batch/bin/python", (FOLDER / "bundles").absolute())
            wrong, course = endured(bench, load)
        finally:
            down(settings)
    wrong += course.growths()
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "endurance.json").write_text(json.dumps({"wrong": wrong, **course.as_json()}, indent=1) + "\n")
    print(course.table())
    print("\n".join(wrong) or "all counts are exact, nothing restarted, nothing grows")
    return 1 if wrong else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.endurance", description=__doc__)
    parser.add_argument("--users", type=int, default=300)
    parser.add_argument("--hours", type=float, default=2.0, help="of event time")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
