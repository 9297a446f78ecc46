"""`python -m tests.benchmarks`: all on one stack, in one run, on the same readings; printed as ratios."""

import argparse
import json
import tempfile
from pathlib import Path

from pipelines.stack.stack import down, up
from tests.benchmarks.memory import growth
from tests.benchmarks.throughput import measured, table
from tests.integration.ports import separate_settings

FOLDER = Path("build/bench")
MILLION = 1_000_000
CHECKPOINT_MS = 10_000


def main() -> int:
    given = arguments()
    with tempfile.TemporaryDirectory() as home:
        settings = separate_settings(
            Path(home) / "home", task_slots=8, parallelism=2, taskmanager_memory_mb=3072, checkpoint_ms=CHECKPOINT_MS
        )
        up(settings)
        try:
            found = measured(settings, few=given.few, many=given.many)
            print(table(found))
            memory = growth(settings, readings=given.memory)
            print(memory.line())
        finally:
            down(settings)
    FOLDER.mkdir(parents=True, exist_ok=True)
    result = {"readings_per_s": found, "memory": memory.as_json()}
    (FOLDER / "throughput.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    ratio = found["features path"] / found["per-reading job"]
    return 0 if ratio >= 10 and not memory.grows else 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--few", type=int, default=300_000, help="readings of the shorter run of each pair")
    parser.add_argument("--many", type=int, default=1_200_000, help="readings of the longer run of our path")
    parser.add_argument("--memory", type=int, default=3 * MILLION, help="readings of the memory run")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
