"""An evaluation on disk, and as one HTML file: the alarms, then for each task figures, curves, people and mistakes."""

from collections.abc import Mapping
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from pipelines.reports.folder import PAGE, ReportFolder
from pipelines.reports.pages import evaluation_plots as plots
from pipelines.reports.pages.page import ASSETS, percent, thousands
from pipelines.reports.tables.evaluation import HEADLINE, MEASURES, TITLES, learner, short, shown


def rendered(report: Mapping[str, Any]) -> str:
    """The page's text."""
    environment = Environment(loader=PackageLoader(__package__, "assets"), autoescape=True, undefined=StrictUndefined)
    environment.filters |= {each.__name__: each for each in (shown, short, percent, thousands, learner)}
    alarms = [alarm for task in report["tasks"] for alarm in task["alarms"]]
    return environment.get_template("evaluation.html").render(
        report=report,
        data=report["data"],
        simulated=report["on"] == "simulated people",
        loud=[alarm for alarm in alarms if alarm["sounds"]],
        unknown=[alarm for alarm in alarms if "reason" in alarm],
        alarms=alarms,
        headline=HEADLINE,
        titles=TITLES,
        measures=MEASURES,
        measures_of=_measures,
        ticks=[(plots.place(tick), short(tick, 1)) for tick in plots.TICKS],
        chance=plots.place(0.5),
        bound=plots.place(report["alarm_bound"]),
        plots=plots,
        style=(ASSETS / "page.css").read_text(encoding="utf-8"),
        own_style=(ASSETS / "evaluation.css").read_text(encoding="utf-8"),
    )


def _measures(task: Mapping[str, Any]) -> list[str]:
    """Measures of doubt that a learner of the task has."""
    return [name for name in MEASURES if any(name in its["smoothed"]["doubt"] for its in task["learners"].values())]


__all__ = ["FIGURES", "PAGE", "check", "write"]

FIGURES: Final = "evaluation.json"

_FOLDER: Final = ReportFolder("an evaluation", FIGURES, rendered)
check = _FOLDER.check
write = _FOLDER.write
