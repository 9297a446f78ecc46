"""What every part of the benchmark is given."""

import os
from dataclasses import dataclass
from pathlib import Path

from pipelines.settings import Settings
from tests.benchmarks.inputs import Sizes

CORES = os.cpu_count() or 1


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
