"""What every part of the benchmark is given."""

import os
from dataclasses import dataclass
from pathlib import Path

from pipelines.core.settings import Settings
from tests.benchmarks.inputs import Sizes

ROOT = Path(__file__).parents[2]
CORES = os.cpu_count() or 1


def share_package() -> None:
    """Processes that are started from now on, Flink's workers among them, find this package."""
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))


@dataclass(frozen=True)
class Bench:
    """A stack that is up, how much to run, and where the rest lies."""

    settings: Settings
    sizes: Sizes
    peers_python: Path
    """Of the environment that has the other frameworks."""
    batch_python: Path
    """Of the environment that trains."""
    bundles: Path
    """Folder in which trained bundles are kept between runs."""
