"""From a bundle and windows of people whom it does not know to explanations."""

from argparse import Namespace
from pathlib import Path
from typing import Any

from models.bundle.parts import Parts
from models.explanation.report import explain
from pipelines.core.errors import SettingsError
from pipelines.core.progress import counted
from pipelines.datasets.evaluation_windows import given_windows


def explanation(given: Namespace, bundle: Path, phases: int) -> dict[str, Any]:
    """Reads, asks and reckons as the command's arguments say; windows of recordings end in so many phases."""
    if given.windows < 1:
        raise SettingsError(f"--windows {given.windows}: at least one window must be explained")
    parts = Parts.load(bundle)
    found = given_windows(given, phases)
    rows = found.windows.dataset.rows(found.windows.scored)
    with counted("explanation", "steps") as progress:
        report = explain(parts, rows, most=given.windows, seed=given.seed, progress=progress)
    return report | {"left_out": found.left_out}
