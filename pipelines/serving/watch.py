"""`eqm watch`: emotion events as they come, as a live table or as JSON lines; or feature windows as JSON lines.

Ends cleanly, with exit code 0, after the given time, on Ctrl-C or SIGTERM, and when its reader closes the pipe.
"""

import math
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from rich.live import Live

from pipelines.core.console import TerminalConsole
from pipelines.core.terminal import complain
from pipelines.features.record_lines import feature_lines
from pipelines.reports.tables.watch import newest, table
from pipelines.serving.client import EmotionConsumer
from pipelines.serving.feature_reader import FeatureReader
from pipelines.serving.waiting import Said, asked
from schemas.records import EmotionEvent

TICK_S = 0.25
TABLE_FRAME_LINES = 6


@dataclass(frozen=True)
class WatchOptions:
    """What to watch, for how long, and how to show it."""

    user: str | None = None
    as_json: bool = False
    for_s: float = math.inf


Show = Callable[[list[EmotionEvent]], None]
"""Takes the events of one tick, which may be none."""


def watch(consumer: EmotionConsumer, options: WatchOptions, why: Callable[[], str] = lambda: "") -> int:
    """Shows events until one of the ends above; returns the exit code.

    While there is none yet it tells what is waited for, as `why` says it: in the table, or on stderr beside JSON.
    """
    with _stopping() as stopped, _closed_pipe(), asked(why) as said:
        if options.as_json:
            _run(consumer, options, stopped, _json_or_reason(said))
            return 0
        console = TerminalConsole()
        held: dict[str, EmotionEvent] = {}
        with Live(console=console, auto_refresh=False) as live:

            def draw(events: list[EmotionEvent]) -> None:
                newest(events, held)
                rows = max(1, console.height - TABLE_FRAME_LINES)
                live.update(table(held, rows=rows, waiting=said(come=bool(held))), refresh=True)

            _run(consumer, options, stopped, draw)
        if not console.is_terminal:
            console.line()
    return 0


def watch_features(reader: FeatureReader, options: WatchOptions) -> int:
    """Prints feature windows, a line of JSON each with null where a number is missing, until one of the ends above."""
    with _stopping() as stopped, _closed_pipe():
        ends = time.monotonic() + options.for_s
        while not stopped() and (left := ends - time.monotonic()) > 0:
            for line in feature_lines(reader.next_windows(min(TICK_S, left), user=options.user)):
                sys.stdout.write(line.decode() + "\n")
            sys.stdout.flush()
    return 0


def print_json(events: list[EmotionEvent]) -> None:
    """One line of JSON per event, as it is on the topic."""
    for event in events:
        sys.stdout.write(event.model_dump_json() + "\n")
    sys.stdout.flush()


def _json_or_reason(said: Said) -> Show:
    """Prints events; until the first, each new reason once."""
    told = ""

    def show(events: list[EmotionEvent]) -> None:
        nonlocal told
        reason = said(come=bool(events))
        if reason and reason != told:
            told = reason
            complain(f"waiting: {told}")
        print_json(events)

    return show


def _run(consumer: EmotionConsumer, options: WatchOptions, stopped: Callable[[], bool], show: Show) -> None:
    ends = time.monotonic() + options.for_s
    while not stopped() and (now := time.monotonic()) < ends:
        show(list(tick(consumer, options.user, min(now + TICK_S, ends))))


def tick(consumer: EmotionConsumer, user: str | None, until: float) -> Iterator[EmotionEvent]:
    while (left := until - time.monotonic()) > 0:
        event = consumer.next_event(left, user=user)
        if event is not None:
            yield event


@contextmanager
def _stopping() -> Iterator[Callable[[], bool]]:
    """Ctrl-C and SIGTERM end the current tick rather than the process."""
    asked: list[int] = []

    def ask(number: int, _: FrameType | None) -> None:
        asked.append(number)

    previous = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextmanager
def _closed_pipe() -> Iterator[None]:
    """A reader that has seen enough (`| head`) is no error; nothing must be written at exit either."""
    try:
        yield
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
