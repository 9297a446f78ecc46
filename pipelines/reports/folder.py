"""A report on disk: figures as JSON and a page about them, both or neither."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pipelines.core.errors import InputError, SettingsError
from schemas.whole import whole_folder

PAGE: Final = "report.html"


@dataclass(frozen=True)
class ReportFolder:
    """What a kind of report is called, where its figures go, and how its page is made."""

    what: str
    figures: str
    rendered: Callable[[dict[str, Any]], str]

    def check(self, output: Path) -> None:
        """Raises SettingsError where the folder holds anything but an earlier such report, which will be replaced."""
        names = {self.figures, PAGE}
        if output.exists() and (not output.is_dir() or {each.name for each in output.iterdir()} - names):
            raise SettingsError(f"{output} holds something else than {self.what}; choose another --output")

    def write(self, output: Path, report: dict[str, Any]) -> None:
        """Writes both files beside the folder and moves them there together."""
        self.check(output)
        figures, page = json.dumps(report, indent=1, allow_nan=False) + "\n", self.rendered(report)
        try:
            with whole_folder(output) as fresh:
                (fresh / self.figures).write_text(figures, encoding="utf-8")
                (fresh / PAGE).write_text(page, encoding="utf-8")
        except OSError as fault:
            raise InputError(f"{output} cannot be written ({fault.strerror}); choose another --output") from fault
