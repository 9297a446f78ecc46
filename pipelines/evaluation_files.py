"""An evaluation on disk: `evaluation.json` and `report.html`, both or neither."""

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any, Final

from pipelines.errors import InputError, SettingsError
from pipelines.report.evaluation_page import rendered

FIGURES: Final = "evaluation.json"
PAGE: Final = "report.html"


def check(output: Path) -> None:
    """Raises SettingsError where the folder holds anything but an earlier evaluation, which will be replaced."""
    if output.exists() and (not output.is_dir() or {each.name for each in output.iterdir()} - {FIGURES, PAGE}):
        raise SettingsError(f"{output} holds something else than an evaluation; choose another --output")


def write(output: Path, report: dict[str, Any]) -> None:
    """Writes both files beside the folder and moves them there together."""
    check(output)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{output.name}.", dir=output.parent))
    except OSError as fault:
        raise InputError(f"{output} cannot be written ({fault.strerror}); choose another --output") from fault
    try:
        fresh = temporary / "fresh"
        fresh.mkdir()
        (fresh / FIGURES).write_text(json.dumps(report, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        (fresh / PAGE).write_text(rendered(report), encoding="utf-8")
        if output.exists():
            output.rename(temporary / "replaced")
        fresh.rename(output)
    finally:
        shutil.rmtree(temporary)
