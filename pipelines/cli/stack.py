"""`eqm demo`, `up`, `down`, `status`: the local stack, and the whole path on one of its own."""

import argparse
import json
import time
from argparse import Namespace
from typing import TYPE_CHECKING

from pipelines.cli.groups import Commands
from pipelines.core.settings import Settings

if TYPE_CHECKING:
    from pipelines.stack.status import Status


def register(commands: Commands) -> None:
    _add_servers(commands)
    _add_demo(commands)


def _add_servers(commands: Commands) -> None:
    up = commands.add_parser("up", help="start the local Kafka and Flink, make topics, apply Feast")
    up.set_defaults(handler=_up)
    down = commands.add_parser("down", help="stop them")
    down.add_argument("--wipe", action="store_true", help="remove the home folder with all data, too")
    down.set_defaults(handler=_down)
    status = commands.add_parser("status", help="show what is up; exit code 0 only if everything is")
    status.add_argument("--json", action="store_true", help="the same facts for machines")
    status.set_defaults(handler=_status)


def _up(_: argparse.Namespace, settings: Settings) -> None:
    from pipelines.stack.stack import up

    begun_s = time.monotonic()
    changed = up(settings)
    print(f"up in {time.monotonic() - begun_s:.1f} s" if changed else "already up")
    print(f"Kafka {settings.bootstrap_servers}, Flink http://{settings.flink_address}, logs in {settings.log_folder}")


def _down(given: argparse.Namespace, settings: Settings) -> None:
    from pipelines.stack.stack import down

    count = down(settings, wipe=given.wipe)
    print(f"stopped {count} processes" if count else "nothing was up")
    if given.wipe:
        print(f"removed {settings.home}")


def _status(given: argparse.Namespace, settings: Settings) -> int:
    from pipelines.stack.status import status

    found = status(settings)
    if given.json:
        print(json.dumps(found.as_json()))
    else:
        _show(found)
    return 0 if found.is_up else 1


def _show(found: "Status") -> None:
    from rich.console import Console

    from pipelines.reports.tables.status import parts

    console = Console(highlight=False)
    for part in parts(found):
        console.print(part)


def _add_demo(commands: Commands) -> None:
    demo = commands.add_parser("demo", help="simulated people (or --recordings) through the whole path, with a report")
    demo.add_argument("--recordings", help="folder of real recordings with labels.csv, in place of simulated people")
    demo.set_defaults(handler=_demo)


def _demo(_: Namespace, settings: Settings) -> None:
    from pipelines.demo.cast import cast
    from pipelines.demo.outcome import FOLDER, summary_lines
    from pipelines.demo.run import Demo

    summary = Demo(settings, cast(settings)).run()
    print(*summary_lines(summary), sep="\n")
    print(f"\n{FOLDER}/report.html shows it, {FOLDER}/summary.json has the counts")
