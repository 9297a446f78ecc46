"""The bundles that the benchmark runs: all members at their usual sizes, and a student; made once and kept.

They have learnt next to nothing, which does not make them faster or slower.
"""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from pipelines.core.errors import StackError
from tests.benchmarks.bench import Bench

ROOT = Path(__file__).parents[2]
MADE_OF = ("models", "schemas")
ENSEMBLE, STUDENT = "ensemble", "student"


def bundle(bench: Bench, name: str) -> Path:
    """The folder of one; trains both where they are not there, or were made by other code."""
    mark = bench.bundles / "made-of"
    if not mark.is_file() or mark.read_text() != _made_of():
        shutil.rmtree(bench.bundles, ignore_errors=True)
        bench.bundles.mkdir(parents=True)
        _train(bench)
        mark.write_text(_made_of())
    return bench.bundles / name


def _train(bench: Bench) -> None:
    print("training bundles for the benchmark", flush=True)
    log = bench.bundles / "training.log"
    command = [str(bench.batch_python), "-m", "tests.benchmarks.train_bundles", str(bench.bundles)]
    with log.open("wb") as output:
        done = subprocess.run(
            command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=output, stderr=output
        )
    if done.returncode:
        raise StackError(f"the benchmark's bundles cannot be trained: see {log}")


def _made_of() -> str:
    digest = hashlib.sha256()
    for file in sorted(path for folder in MADE_OF for path in (ROOT / folder).rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()
