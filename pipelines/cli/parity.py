"""`eqm parity`: streamed rows against recomputed ones."""

import argparse
import json
import time
from argparse import Namespace
from pathlib import Path

from pipelines.cli.batch_arguments import add_beam_arguments
from pipelines.core.settings import Settings
from pipelines.parity.terms import Terms

OVER = 3


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    default = Terms()
    command = subparsers.add_parser(
        "parity", help="compare stored feature rows with rows recomputed from the archive; exit code 3: they differ"
    )
    command.add_argument("--without-late", action="store_true", help="recompute from what the stream could use alone")
    command.add_argument(
        "--tolerance",
        type=float,
        default=default.tolerance,
        metavar="T",
        help="relative difference between numbers that are still the same (default: %(default)g)",
    )
    command.add_argument(
        "--max-mismatch-rate",
        type=float,
        default=default.max_mismatch_rate,
        metavar="SHARE",
        help="share of rows that may be missing, extra or different (default: %(default)g)",
    )
    command.add_argument("--archive", type=Path, metavar="FOLDER", help="archived readings (default: HOME/archive)")
    command.add_argument(
        "--output", type=Path, metavar="FOLDER", help="where the report goes (default: HOME/parity/FIRST_LAST)"
    )
    command.add_argument("--json", action="store_true", help="the summary as one line of JSON, in place of the table")
    add_beam_arguments(command)
    command.set_defaults(handler=_parity, environment="batch")


def _parity(given: Namespace, settings: Settings) -> int:
    from rich.console import Console

    from pipelines.archive.days import Days
    from pipelines.batch.parity import PAGE, SUMMARY, Places, parity
    from pipelines.reports.tables.parity import parts

    days = Days.between(given.first_day, given.last_day, now_ms=time.time_ns() // 1_000_000)
    terms = Terms(not given.without_late, given.tolerance, given.max_mismatch_rate)
    output = (given.output or settings.home / "parity" / f"{days.first}_{days.last}").absolute()
    archive = (given.archive or settings.archive_folder).absolute()
    verdict = parity(Places(archive, settings.features_folder, output), days, terms, beam=given.beam)
    if given.json:
        print(json.dumps(verdict.as_json(), allow_nan=False))
    else:
        console = Console(highlight=False, markup=False, emoji=False)
        for part in parts(verdict):
            console.print(part, soft_wrap=True)
        print(f"\n{output / PAGE} shows it, {output / SUMMARY} has the figures")
    return 0 if verdict.within else OVER
