"""`eqm demo`, `up`, `down`, `status`: the local stack, and the whole path on one of its own."""

import argparse
import json
import sys
import time
from argparse import Namespace
from contextlib import suppress
from pathlib import Path

from pipelines.cli.groups import Commands
from pipelines.core.errors import SettingsError, StackError
from pipelines.core.settings import Settings


def register(commands: Commands) -> None:
    _add_servers(commands)
    _add_demo(commands)


def _add_servers(commands: Commands) -> None:
    up = commands.add_parser("up", help="start the local Kafka and Flink, make topics, apply Feast")
    up.set_defaults(handler=_up)
    down = commands.add_parser("down", help="stop them")
    down.add_argument("--wipe", action="store_true", help="remove what EQM keeps in the home folder, too; asks first")
    down.add_argument("--yes", action="store_true", help="with --wipe: remove it without asking")
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


def _down(given: argparse.Namespace, settings: Settings) -> int:
    from pipelines.stack.stack import down

    if given.yes and not given.wipe:
        raise SettingsError("--yes answers what --wipe asks: give --wipe, too, or leave --yes out")
    if given.wipe and not _may_wipe(settings, sure=given.yes):
        print("nothing was stopped or removed")
        return 1
    count = down(settings, wipe=given.wipe)
    print(f"stopped {count} processes" if count else "nothing was up")
    if given.wipe:
        print(f"removed what EQM kept in {settings.home}")
    return 0


def _may_wipe(settings: Settings, *, sure: bool) -> bool:
    """Says what would go, and asks unless the user is sure already; without a terminal nobody can be asked."""
    from pipelines.reports.tables.home import lines
    from pipelines.stack.home import held, require_made

    require_made(settings.home)
    sure = sure or not held(settings.home)
    if not sure and not sys.stdin.isatty():
        raise StackError(f"--wipe asks before it removes {settings.home}, and here is no terminal: give --yes, too")
    print(*lines(settings.home), sep="\n")
    return sure or _is_confirmed("remove it? [y/N] ")


def _is_confirmed(question: str) -> bool:
    with suppress(EOFError):
        return input(question).strip().lower() in ("y", "yes")
    print()
    return False


def _status(given: argparse.Namespace, settings: Settings) -> int:
    from pipelines.reports.tables.fitting import show
    from pipelines.reports.tables.status import parts
    from pipelines.stack.status import status

    found = status(settings)
    if given.json:
        print(json.dumps(found.as_json()))
    else:
        show(parts(found))
    return 0 if found.is_up else 1


def _add_demo(commands: Commands) -> None:
    demo = commands.add_parser("demo", help="simulated people (or --recordings) through the whole path, with a report")
    demo.add_argument("--recordings", help="folder of real recordings with labels.csv, in place of simulated people")
    demo.set_defaults(handler=_demo)


def _demo(given: Namespace, settings: Settings) -> None:
    from pipelines.demo.cast import cast
    from pipelines.demo.outcome import FOLDER, summary_lines
    from pipelines.demo.own_stack import HOME, apart
    from pipelines.demo.run import Demo
    from pipelines.reports.tables.fitting import show

    own = apart(settings, Path(given.home or HOME))
    summary = Demo(own, cast(settings)).run()
    show(summary_lines(summary))
    print(f"\n{FOLDER}/report.html shows it, {FOLDER}/summary.json has the counts")
    print(f"all else that it made is in {own.home}, until the next demo")
