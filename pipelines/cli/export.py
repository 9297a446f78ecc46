"""`eqm export`: a bundle's members as TFLite files for devices, and what they lose and gain."""

import argparse
import json
from argparse import Namespace
from pathlib import Path

from pipelines.core.settings import Settings


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = subparsers.add_parser("export", help="TFLite files of a bundle for devices, compared with the bundle")
    command.add_argument("--bundle", type=Path, metavar="FOLDER", help="what to export (default: HOME/models/current)")
    command.add_argument(
        "--student", type=Path, nargs="+", default=[], metavar="FOLDER", help="further bundles, compared with the first"
    )
    data = command.add_mutually_exclusive_group(required=True)
    data.add_argument("--training-set", type=Path, metavar="FOLDER", help="the built training set of the bundle")
    data.add_argument(
        "--recordings", dest="folders", type=Path, nargs="+", metavar="FOLDER", help="or recordings with a labels.csv"
    )
    command.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="where to write the files")
    command.add_argument("--json", action="store_true", help="the figures as one line of JSON, in place of the table")
    command.set_defaults(handler=_export, environment="batch")


def _export(given: Namespace, settings: Settings) -> None:
    from rich.console import Console

    from pipelines.reports.tables.exports import parts
    from pipelines.training import exporting_files as files
    from pipelines.training.export import exporting

    given.bundle = given.bundle or settings.current_bundle
    folder = given.to.absolute()
    files.check(folder)
    export = exporting(given)
    files.write(folder, export)
    if given.json:
        print(json.dumps(export.report, allow_nan=False))
        return
    console = Console(highlight=False, markup=False, emoji=False)
    for part in parts(export.report):
        console.print(part, soft_wrap=isinstance(part, str))
    print(f"{folder / files.PAGE} shows it, {folder / files.CONTRACT} is for whoever builds the device")
