"""`eqm explain`: what a bundle's answers go by, on people whom it does not know."""

import argparse
import json
from argparse import Namespace
from pathlib import Path

from pipelines.core.settings import Settings


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = subparsers.add_parser(
        "explain", help="which features, families and seconds a bundle's answers go by, on people unknown to it"
    )
    data = command.add_mutually_exclusive_group(required=True)
    data.add_argument(
        "--recordings", dest="folders", type=Path, nargs="+", metavar="FOLDER", help="recordings with a labels.csv"
    )
    data.add_argument("--training-set", type=Path, metavar="FOLDER", help="a built training set, whatever its split")
    command.add_argument("--bundle", type=Path, help="default: HOME/models/current")
    command.add_argument(
        "--windows", type=int, default=100, metavar="N", help="windows explained one by one (default: %(default)s)"
    )
    command.add_argument("--seed", type=int, default=7, help="default: %(default)s")
    command.add_argument("--output", type=Path, metavar="FOLDER", help="default: HOME/explanation")
    command.add_argument("--json", action="store_true", help="all figures as one line of JSON, in place of the tables")
    command.set_defaults(handler=_explain, environment="batch")


def _explain(given: Namespace, settings: Settings) -> None:
    from rich.console import Console

    from pipelines.reports.pages import explanation_files as files
    from pipelines.reports.tables.explanation import parts
    from pipelines.training.explain import explanation

    output = (given.output or settings.home / "explanation").absolute()
    files.check(output)
    report = explanation(given, given.bundle or settings.current_bundle)
    files.write(output, report)
    if given.json:
        print(json.dumps(report, allow_nan=False))
        return
    console = Console(highlight=False, markup=False, emoji=False)
    for part in parts(report):
        console.print(part, soft_wrap=isinstance(part, str))
    print(f"{output / files.PAGE} shows it, {output / files.FIGURES} has the figures")
