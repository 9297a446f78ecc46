"""An explanation on disk: `explanation.json` and `report.html`, both or neither."""

import json
from pathlib import Path
from typing import Any, Final

from pipelines import report_folder
from pipelines.report.explanation_page import rendered

FIGURES: Final = "explanation.json"
PAGE: Final = "report.html"
WHAT: Final = "an explanation"


def check(output: Path) -> None:
    """Raises SettingsError where the folder holds anything but an earlier explanation, which will be replaced."""
    report_folder.check(output, (FIGURES, PAGE), WHAT)


def write(output: Path, report: dict[str, Any]) -> None:
    """Writes both files beside the folder and moves them there together."""
    figures = json.dumps(report, indent=1, allow_nan=False) + "\n"
    report_folder.write(output, {FIGURES: figures, PAGE: rendered(report)}, WHAT)
