"""`eqm evaluate`: how well people never seen are read, with every model fitted anew for each of them."""

import argparse
import json
from argparse import Namespace
from pathlib import Path

from pipelines.core.settings import Settings

ALARM = 3


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = subparsers.add_parser(
        "evaluate", help="figures from people held out, one by one, with leak alarms; exit code 3: an alarm sounds"
    )
    data = command.add_mutually_exclusive_group(required=True)
    data.add_argument(
        "--recordings", dest="folders", type=Path, nargs="+", metavar="FOLDER", help="recordings with a labels.csv"
    )
    data.add_argument("--training-set", type=Path, metavar="FOLDER", help="a built training set, whatever its split")
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
    from rich.console import Console

    from pipelines.reports.pages import evaluation_files as files
    from pipelines.reports.tables.evaluation import parts
    from pipelines.training.evaluate import evaluation

    output = (given.output or settings.home / "evaluation").absolute()
    files.check(output)
    report = evaluation(given)
    files.write(output, report)
    if given.json:
        print(json.dumps(report, allow_nan=False))
    else:
        console = Console(highlight=False, markup=False, emoji=False)
        for part in parts(report):
            console.print(part, soft_wrap=isinstance(part, str))
        print(f"{output / files.PAGE} shows it, {output / files.FIGURES} has the figures")
    return ALARM if report["sounds"] else 0
