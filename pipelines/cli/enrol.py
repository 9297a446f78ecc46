"""`eqm enrol`: baselines from periods of rest, of one user or of everybody whom a file labels."""

import json
import time
from argparse import Namespace
from pathlib import Path

from pipelines.cli.groups import Commands
from pipelines.core.errors import SettingsError
from pipelines.core.settings import Settings

STATE = "calm"
LEFT_OUT = 3


def register(commands: Commands) -> None:
    command = commands.add_parser(
        "enrol", help="take resting levels from periods in which people were told to rest; exit code 3: some have none"
    )
    instant = "ISO-8601 with its zone, or epoch milliseconds"
    command.add_argument("user", metavar="U", nargs="?", help="user id; needs --from and --to")
    command.add_argument("--from", dest="from_time", metavar="T", help=f"first instant: {instant}")
    command.add_argument("--to", dest="to_time", metavar="T", help="where the period ends, excluded")
    command.add_argument("--labels", type=Path, metavar="FILE.csv", help="in place of U: everybody whom it labels")
    rest = command.add_mutually_exclusive_group()
    rest.add_argument("--state", metavar="NAME", help=f"with --labels: the label of rest (default: {STATE})")
    rest.add_argument("--block", metavar="TEXT", help="with --labels: blocks with this in their names, in place of it")
    command.add_argument("--json", action="store_true", help="the same facts as one line of JSON")
    command.set_defaults(handler=_enrol)


def _enrol(given: Namespace, settings: Settings) -> int:
    _check(given)
    return _enrol_labelled(given, settings) if given.labels else _enrol_one(given, settings)


def _check(given: Namespace) -> None:
    """Raises SettingsError for a mixture of the two ways, or for half of one."""
    of_one = {"U": given.user, "--from": given.from_time, "--to": given.to_time}
    named = [name for name, value in of_one.items() if value is not None]
    missing = [name for name, value in of_one.items() if value is None]
    if given.labels and named:
        raise SettingsError(f"--labels enrols everybody whom the file labels: leave {' and '.join(named)} out")
    if not given.labels and missing:
        raise SettingsError(f"{' and '.join(missing)} missing: give U, --from and --to, or --labels FILE.csv alone")
    if not given.labels and (given.state or given.block):
        raise SettingsError("--state and --block choose among labels: give --labels, too")


def _enrol_one(given: Namespace, settings: Settings) -> int:
    from pipelines.baselines.enrolment import Period, enrol, instant_ms
    from pipelines.reports.tables.enrolment import one_line

    period = Period(instant_ms("--from", given.from_time), instant_ms("--to", given.to_time))
    done = enrol(settings, given.user, period, now_ms=time.time_ns() // 1_000_000)
    print(json.dumps(done.as_json(), ensure_ascii=False) if given.json else one_line(done, period.shown))
    return 0


def _enrol_labelled(given: Namespace, settings: Settings) -> int:
    from pipelines.baselines.enrolment import enrol_all
    from pipelines.baselines.rest_periods import resting_by_block, resting_by_state
    from pipelines.core.progress import counted
    from pipelines.reports.tables.enrolment import parts
    from pipelines.reports.tables.fitting import show

    by_block = given.block is not None
    resting = resting_by_block(given.labels, given.block) if by_block else resting_by_state(given.labels, _state(given))
    with counted("enrolment", "stretches") as progress:
        done = enrol_all(settings, resting, progress, now_ms=time.time_ns() // 1_000_000)
    if given.json:
        print(json.dumps(done.as_json(), ensure_ascii=False))
    else:
        show(parts(done))
    return LEFT_OUT if done.left_out else 0


def _state(given: Namespace) -> str:
    return STATE if given.state is None else given.state
