"""An explanation on disk: `explanation.json` and `report.html`, both or neither."""

from typing import Final

from pipelines.reports.folder import PAGE, ReportFolder
from pipelines.reports.pages.explanation import rendered

__all__ = ["FIGURES", "PAGE", "check", "write"]

FIGURES: Final = "explanation.json"

_FOLDER: Final = ReportFolder("an explanation", FIGURES, rendered)
check = _FOLDER.check
write = _FOLDER.write
