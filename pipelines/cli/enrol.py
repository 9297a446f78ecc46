"""`eqm enrol`: a user's baseline from a period of rest."""

import json
import time
from argparse import Namespace
from typing import TYPE_CHECKING

from pipelines.cli.groups import Commands
from pipelines.core.settings import Settings

if TYPE_CHECKING:
    from pipelines.baselines.enrolment import Enrolment


def register(commands: Commands) -> None:
    command = commands.add_parser(
        "enrol", help="take a user's resting level from a period in which they were told to rest"
    )
    command.add_argument("user", metavar="U", help="user id")
    instant = "ISO-8601 with its zone, or epoch milliseconds"
    command.add_argument("--from", dest="from_time", metavar="T", required=True, help=f"first instant: {instant}")
    command.add_argument("--to", dest="to_time", metavar="T", required=True, help="where the period ends, excluded")
    command.add_argument("--json", action="store_true", help="the same facts as one line of JSON")
    command.set_defaults(handler=_enrol)


def _enrol(given: Namespace, settings: Settings) -> None:
    from pipelines.baselines.enrolment import Period, enrol, instant_ms

    period = Period(instant_ms("--from", given.from_time), instant_ms("--to", given.to_time))
    done = enrol(settings, given.user, period, now_ms=time.time_ns() // 1_000_000)
    print(json.dumps(done.as_json(), ensure_ascii=False) if given.json else _shown(done, period.shown))


def _shown(done: "Enrolment", period: str) -> str:
    kept = "" if done.online else "\nthe online store holds a fresher baseline, which stays"
    return (
        f"{done.user_id}: resting level of {done.features_known} of {done.features} features,"
        f" from {done.windows} of {done.windows_of_period} windows, {period}\nwrote {done.file}{kept}"
    )
