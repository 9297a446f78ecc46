"""`eqm backfill` and `eqm parity`: features made again from history, and compared with what was streamed."""

import argparse
import json
import time
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.cli.arguments import add_beam_arguments
from pipelines.cli.groups import Commands
from pipelines.core.errors import SettingsError
from pipelines.core.settings import Settings
from pipelines.parity.terms import ParityTerms

if TYPE_CHECKING:
    from pipelines.batch.source import Source


def register(commands: Commands) -> None:
    _add_backfill(commands)
    _add_parity(commands)


def _add_backfill(commands: Commands) -> None:
    command = commands.add_parser(
        "backfill", help="recompute days of features from the archive, late readings included, and refresh Feast"
    )
    _sources(command.add_mutually_exclusive_group())
    command.add_argument("--offsets", help="with --topic: PARTITION:FIRST-END,… (default: all that is there)")
    command.add_argument("--dry-run", action="store_true", help="only say what would be read, written and changed")
    command.add_argument("--again", action="store_true", help="recompute days, too, whose readings have not changed")
    command.add_argument(
        "--max-user-share",
        type=float,
        default=0.5,
        metavar="SHARE",
        help="stop if one user holds more of all readings (default: %(default)g)",
    )
    command.add_argument("--json", action="store_true", help="the summary as one line of JSON")
    add_beam_arguments(command)
    command.set_defaults(handler=_backfill, environment="batch")


def _sources(group: "argparse._MutuallyExclusiveGroup") -> None:
    group.add_argument("--archive", type=Path, metavar="FOLDER", help="archived readings (default: HOME/archive)")
    group.add_argument(
        "--recordings", dest="paths", type=Path, nargs="+", metavar="PATH", help="read recordings in place of it"
    )
    group.add_argument("--topic", action="store_true", help="read the readings topic in place of it")


def _backfill(given: Namespace, settings: Settings) -> None:
    from pipelines.archive.days import Days
    from pipelines.batch.backfill import BackfillRequest
    from pipelines.batch.nightly import backfill, dry_run
    from pipelines.reports.tables.backfill import parts
    from pipelines.reports.tables.fitting import show

    now_ms = time.time_ns() // 1_000_000
    request = BackfillRequest(
        days=Days.between(given.first_day, given.last_day, now_ms=now_ms),
        offline=settings.features_folder,
        now_ms=now_ms,
        phases=settings.window_phases,
        held_ms=settings.roll_s * 1000,
        max_user_share=given.max_user_share,
        again=given.again,
        beam=tuple(given.beam),
    )
    source = _source(given, settings)
    summary = dry_run(request, source) if given.dry_run else backfill(settings, request, source)
    if given.json:
        print(json.dumps(summary))
    else:
        show(parts(summary))


def _source(given: Namespace, settings: Settings) -> "Source":
    from pipelines.batch.source import archived, from_topic, recorded

    if given.offsets and not given.topic:
        raise SettingsError("--offsets is of the topic: give --topic, too")
    # A dry run's archive lies in a temporary folder, which workers elsewhere do not see.
    beam = () if given.dry_run else given.beam
    if given.paths:
        return recorded(given.paths, beam)
    if given.topic:
        return from_topic(settings.bootstrap_servers, given.offsets, beam)
    return archived(given.archive or settings.archive_folder)


OVER = 3


def _add_parity(commands: Commands) -> None:
    default = ParityTerms()
    command = commands.add_parser(
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
    from pipelines.archive.days import Days
    from pipelines.batch.parity import PAGE, SUMMARY, Places, parity
    from pipelines.reports.tables.fitting import show
    from pipelines.reports.tables.parity import parts

    days = Days.between(given.first_day, given.last_day, now_ms=time.time_ns() // 1_000_000)
    terms = ParityTerms(not given.without_late, given.tolerance, given.max_mismatch_rate)
    output = (given.output or settings.home / "parity" / f"{days.first}_{days.last}").absolute()
    archive = (given.archive or settings.archive_folder).absolute()
    places = Places(archive, settings.features_folder, output)
    verdict = parity(places, days, terms, settings.window_phases, beam=given.beam)
    if given.json:
        print(json.dumps(verdict.as_json(), allow_nan=False))
    else:
        show(parts(verdict))
        print(f"\n{output / PAGE} shows it, {output / SUMMARY} has the figures")
    return 0 if verdict.within else OVER
