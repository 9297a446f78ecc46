"""`eqm evaluate`, `explain`, `export`: what bundles and learners are worth on people whom they do not know."""

import json
from argparse import Namespace
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from pipelines.cli.arguments import add_windows_arguments
from pipelines.cli.groups import Commands
from pipelines.core.settings import Settings

ALARM = 3


def register(commands: Commands) -> None:
    _add_evaluate(commands)
    _add_explain(commands)
    _add_export(commands)


def _add_evaluate(commands: Commands) -> None:
    command = commands.add_parser(
        "evaluate", help="figures from people held out, one by one, with leak alarms; exit code 3: an alarm sounds"
    )
    add_windows_arguments(command)
    command.add_argument(
        "--learner",
        action="append",
        choices=("wide_forest", "ensemble", "student"),
        default=[],
        help="one more, beside forest (the yardstick) and boosting; ensemble is the networks, student what learns from"
        " them; they take hours, both together no longer than one",
    )
    command.add_argument("--preset", choices=("full", "small"), default="full", help="of the ensemble")
    command.add_argument("--by", choices=("person", "dataset"), default="person", help="who is held out at a time")
    command.add_argument("--folds", type=int, metavar="K", help="people in K groups (default: each alone)")
    command.add_argument("--train-every-s", type=int, default=30, metavar="SECONDS", help="default: %(default)s")
    command.add_argument("--score-every-s", type=int, default=30, metavar="SECONDS", help="default: %(default)s")
    command.add_argument(
        "--enrolment-block",
        default="base",
        metavar="TEXT",
        help="the first calm block with this in its name is the person's enrolment (default: %(default)s)",
    )
    command.add_argument(
        "--score-before-enrolment", action="store_true", help="score earlier windows, too, without a baseline"
    )
    command.add_argument("--seed", type=int, default=7, help="default: %(default)s")
    command.add_argument("--output", type=Path, metavar="FOLDER", help="default: HOME/evaluation")
    command.add_argument("--json", action="store_true", help="all figures as one line of JSON, in place of the table")
    command.set_defaults(handler=_evaluate)


def _evaluate(given: Namespace, settings: Settings) -> int:
    from pipelines.reports.pages import evaluation as files
    from pipelines.reports.tables.evaluation import parts
    from pipelines.training.evaluate import evaluation

    output = (given.output or settings.home / "evaluation").absolute()
    files.check(output)
    report = evaluation(given, settings.window_phases)
    files.write(output, report)
    _show(given, report, parts, f"{output / files.PAGE} shows it, {output / files.FIGURES} has the figures")
    return ALARM if report["sounds"] else 0


def _add_explain(commands: Commands) -> None:
    command = commands.add_parser(
        "explain", help="which features, families and seconds a bundle's answers go by, on people unknown to it"
    )
    add_windows_arguments(command)
    command.add_argument("--bundle", type=Path, help="default: HOME/models/current")
    command.add_argument(
        "--windows", type=int, default=100, metavar="N", help="windows explained one by one (default: %(default)s)"
    )
    command.add_argument("--seed", type=int, default=7, help="default: %(default)s")
    command.add_argument("--output", type=Path, metavar="FOLDER", help="default: HOME/explanation")
    command.add_argument("--json", action="store_true", help="all figures as one line of JSON, in place of the tables")
    command.set_defaults(handler=_explain, environment="batch")


def _explain(given: Namespace, settings: Settings) -> None:
    from pipelines.reports.pages import explanation as files
    from pipelines.reports.tables.explanation import parts
    from pipelines.training.explain import explanation

    output = (given.output or settings.home / "explanation").absolute()
    files.check(output)
    report = explanation(given, given.bundle or settings.current_bundle, settings.window_phases)
    files.write(output, report)
    _show(given, report, parts, f"{output / files.PAGE} shows it, {output / files.FIGURES} has the figures")


def _add_export(commands: Commands) -> None:
    command = commands.add_parser("export", help="TFLite files of a bundle for devices, compared with the bundle")
    command.add_argument("--bundle", type=Path, metavar="FOLDER", help="what to export (default: HOME/models/current)")
    command.add_argument(
        "--student", type=Path, nargs="+", default=[], metavar="FOLDER", help="further bundles, compared with the first"
    )
    add_windows_arguments(command)
    command.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="where to write the files")
    command.add_argument("--json", action="store_true", help="the figures as one line of JSON, in place of the table")
    command.set_defaults(handler=_export, environment="batch")


def _export(given: Namespace, settings: Settings) -> None:
    from pipelines.reports.tables.exports import parts
    from pipelines.training import export as files
    from pipelines.training.export import exporting

    given.bundle = given.bundle or settings.current_bundle
    folder = given.to.absolute()
    files.check(folder)
    export = exporting(given, settings.window_phases)
    files.write(folder, export)
    ending = f"{folder / files.PAGE} shows it, {folder / files.CONTRACT} is for whoever builds the device"
    _show(given, export.report, parts, ending)


def _show(
    given: Namespace, report: dict[str, Any], parts: Callable[[dict[str, Any]], Iterable[Any]], ending: str
) -> None:
    """The figures as one line of JSON where that was asked for, else as tables, and where the files are."""
    from pipelines.reports.tables.fitting import show

    if given.json:
        print(json.dumps(report, allow_nan=False))
        return
    show(parts(report))
    print(ending)
