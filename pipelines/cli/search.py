"""`eqm search`: better training settings, tried out on a training set."""

import argparse
from argparse import Namespace
from pathlib import Path

from pipelines.core.settings import Settings


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    search = subparsers.add_parser(
        "search", help="search settings of trees and personal network; a search that was killed goes on"
    )
    search.add_argument(
        "--training-set", type=Path, required=True, metavar="FOLDER", help="its test people take no part"
    )
    search.add_argument("--trials", type=int, default=50, metavar="N", help="in all, earlier ones included (50)")
    search.add_argument("--study", default="eqm", metavar="NAME", help="to begin or go on with (default: eqm)")
    search.add_argument("--preset", choices=("full", "small"), default="full", help="where to set out from")
    search.add_argument("--output", type=Path, metavar="FILE.toml", help="default: HOME/search/NAME.toml")
    search.set_defaults(handler=_search, environment="batch")


def _search(given: Namespace, settings: Settings) -> None:
    from pipelines.core.progress import counted
    from pipelines.training.search import Order, searched, verdict

    folder = settings.home / "search"
    output = given.output or folder / f"{given.study}.toml"
    order = Order(given.training_set, folder, given.study, given.preset, given.trials, output)
    with counted("search", "trials", given.trials) as progress:
        rows, tried = searched(order, progress)
    print(verdict(rows, tried))
    print(f"wrote {output}: use it with `eqm train --preset {given.preset} --config {output}`")
