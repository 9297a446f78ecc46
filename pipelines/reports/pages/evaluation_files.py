"""An evaluation on disk: `evaluation.json` and `report.html`, both or neither."""

from typing import Final

from pipelines.reports.folder import PAGE, ReportFolder
from pipelines.reports.pages.evaluation import rendered

__all__ = ["FIGURES", "PAGE", "check", "write"]

FIGURES: Final = "evaluation.json"

_FOLDER: Final = ReportFolder("an evaluation", FIGURES, rendered)
check = _FOLDER.check
write = _FOLDER.write
