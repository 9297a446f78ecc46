"""`eqm replay`: recordings or simulated people into the readings topic."""

import math
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from pipelines.cli.groups import Commands
from pipelines.core.errors import SettingsError
from pipelines.core.settings import Settings


def register(commands: Commands) -> None:
    replay = commands.add_parser(
        "replay", help="send recordings, or simulated people, in event-time order, with their labels"
    )
    replay.add_argument("paths", nargs="*", type=Path, help="E4 folders, folders of them, JSON-lines files")
    replay.add_argument("--speed", default="max", help="event seconds per second, or max (default)")
    replay.add_argument("--simulate", type=int, metavar="PEOPLE", help="simulate so many people instead")
    replay.add_argument("--minutes", type=float, default=10, help="of each simulated person (default: 10)")
    replay.add_argument("--start", default="2026-01-01T00:00:00Z", help="when the simulated people start")
    replay.add_argument("--seed", type=int, default=1, help="of the simulation and of all switches (default: 1)")
    _add_faults(replay)
    replay.set_defaults(handler=_replay)


def _add_faults(replay: ArgumentParser) -> None:
    replay.add_argument("--shuffle-s", type=float, default=0, help="send out of order, by up to so many seconds")
    replay.add_argument("--delay-share", type=float, default=0, help="share of readings sent late")
    replay.add_argument("--delay-s", type=float, default=60, help="how late (default: 60)")
    replay.add_argument("--duplicate-share", type=float, default=0, help="share of readings sent twice")
    replay.add_argument("--corrupt-share", type=float, default=0, help="share of readings replaced by malformed ones")


def _replay(given: Namespace, settings: Settings) -> None:
    from pipelines.core.progress import counted
    from pipelines.replay.faults import FaultCounts, Faults
    from pipelines.replay.people import replay

    faults = Faults(
        shuffle_s=given.shuffle_s,
        delay_share=given.delay_share,
        delay_s=given.delay_s,
        duplicate_share=given.duplicate_share,
        corrupt_share=given.corrupt_share,
        seed=given.seed,
    )
    people, speed, counts = _people(given, settings), speed_of(given.speed), FaultCounts()
    total = sum(len(stream.timestamp_ms) for person in people for stream in person.streams)
    with counted("replay", "readings", total) as progress:
        replay(settings, people, speed=speed, faults=faults, counts=counts, progress=progress)
    print(
        f"sent {counts.sent:,} readings of {len({p.user_id for p in people})} people:"
        f" {counts.delayed:,} delayed, {counts.duplicated:,} duplicates, {sum(counts.corrupted.values()):,} malformed"
    )


def _people(given: Namespace, settings: Settings) -> list[Any]:
    from pipelines.recordings.discover import recordings
    from pipelines.replay.people import simulated

    if given.simulate is not None:
        return simulated(given.simulate, minutes=given.minutes, start=given.start, seed=given.seed)
    paths = given.paths or ([settings.recordings] if settings.recordings else [])
    if not paths:
        raise SettingsError("nothing to replay: name recordings, set EQM_RECORDINGS, or give --simulate PEOPLE")
    return recordings(paths)


def speed_of(text: str) -> float:
    """`max`, or a number above 0."""
    try:
        speed = math.inf if text == "max" else float(text)
    except ValueError:
        speed = 0.0
    if not speed > 0:
        raise SettingsError(f"--speed {text}: give a number above 0, or max")
    return speed
