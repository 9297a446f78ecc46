"""An evaluation on disk: `evaluation.json` and `report.html`, both or neither."""

import json
from pathlib import Path
from typing import Any, Final

from pipelines import report_folder
from pipelines.report.evaluation_page import rendered

FIGURES: Final = "evaluation.json"
PAGE: Final = "report.html"
WHAT: Final = "an evaluation"


def check(output: Path) -> None:
    """Raises SettingsError where the folder holds anything but an earlier evaluation, which will be replaced."""
    report_folder.check(output, (FIGURES, PAGE), WHAT)


def write(output: Path, report: dict[str, Any]) -> None:
    """Both files, together."""
    figures = json.dumps(report, indent=1, allow_nan=False) + "\n"
    report_folder.write(output, {FIGURES: figures, PAGE: rendered(report)}, WHAT)
