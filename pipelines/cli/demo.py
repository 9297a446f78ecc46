"""`eqm demo`: the whole path in one go."""

import argparse
from argparse import Namespace

from pipelines.core.settings import Settings


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    demo = subparsers.add_parser(
        "demo", help="simulated people (or --recordings) through the whole path, with a report"
    )
    demo.add_argument("--recordings", help="folder of real recordings with labels.csv, in place of simulated people")
    demo.set_defaults(handler=_demo)


def _demo(_: Namespace, settings: Settings) -> None:
    from pipelines.demo.cast import cast
    from pipelines.demo.outcome import FOLDER, summary_lines
    from pipelines.demo.run import Demo

    summary = Demo(settings, cast(settings)).run()
    print(*summary_lines(summary), sep="\n")
    print(f"\n{FOLDER}/report.html shows it, {FOLDER}/summary.json has the counts")
