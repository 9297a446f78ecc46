"""An explanation on disk, and as one HTML file: what matters in general, in single windows, and where networks look."""

from collections.abc import Mapping
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from pipelines.reports.colours import colours
from pipelines.reports.folder import PAGE, ReportFolder
from pipelines.reports.pages import explanation_plots as plots
from pipelines.reports.pages.explanation_windows import answers, looks
from pipelines.reports.pages.page import ASSETS, percent, thousands
from pipelines.reports.tables.evaluation import short
from pipelines.reports.tables.explanation import title


def rendered(report: Mapping[str, Any]) -> str:
    """The page's text."""
    environment = Environment(loader=PackageLoader(__package__, "assets"), autoescape=True, undefined=StrictUndefined)
    environment.filters |= {each.__name__: each for each in (short, percent, thousands, title)}
    return environment.get_template("explanation.html").render(
        report=report,
        bundle=report["bundle"],
        palette=colours(report["labels"]),
        plots=plots,
        contributions=plots.contributions(report),
        answers=answers(report),
        looks=looks(report),
        style=(ASSETS / "page.css").read_text(encoding="utf-8"),
        own_style=(ASSETS / "explanation.css").read_text(encoding="utf-8"),
    )


__all__ = ["FIGURES", "PAGE", "check", "write"]

FIGURES: Final = "explanation.json"

_FOLDER: Final = ReportFolder("an explanation", FIGURES, rendered)
check = _FOLDER.check
write = _FOLDER.write
