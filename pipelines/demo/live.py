"""The live part: people the model has never seen are replayed while their emotions are shown."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.live import Live

from pipelines.core.console import TerminalConsole
from pipelines.reports.tables.watch import newest, table
from pipelines.serving.client import EmotionConsumer
from pipelines.serving.watch import TABLE_FRAME_LINES, TICK_S, Show, tick
from schemas.records import EmotionEvent

LINE_EVERY_S = 2.0


def follow(consumer: EmotionConsumer, finished: Callable[[int], bool], show: Show) -> list[EmotionEvent]:
    """Collects and shows events until `finished`, which gets their number, says so."""
    events: list[EmotionEvent] = []
    while not finished(len(events)):
        fresh = list(tick(consumer, None, time.monotonic() + TICK_S))
        events += fresh
        show(fresh)
    return events


@contextmanager
def shown(users: set[str]) -> Iterator[Show]:
    """A live table on a terminal; elsewhere a line now and then."""
    console = TerminalConsole()
    held: dict[str, EmotionEvent] = {}
    if not console.is_terminal:
        yield _lines(users, held)
        return
    with Live(console=console, auto_refresh=False) as live:

        def draw(events: list[EmotionEvent]) -> None:
            newest((event for event in events if event.user_id in users), held)
            live.update(table(held, rows=max(1, console.height - TABLE_FRAME_LINES)), refresh=True)

        yield draw


def _lines(users: set[str], held: dict[str, EmotionEvent]) -> Show:
    said_s = time.monotonic()

    def say(events: list[EmotionEvent]) -> None:
        nonlocal said_s
        newest((event for event in events if event.user_id in users), held)
        if held and time.monotonic() - said_s >= LINE_EVERY_S:
            said_s = time.monotonic()
            feelings = (f"{user} {held[user].emotion or 'unsure'} {held[user].confidence:.0%}" for user in sorted(held))
            print("  " + "   ".join(feelings), flush=True)

    return say


@contextmanager
def in_background(work: Callable[[], object]) -> Iterator[Callable[[], bool]]:
    """Runs `work` in a thread; yields whether it has ended. Its error, whatever it is, is raised by that question.

    One that nobody has asked for is raised at the end of the block, which waits for the thread. Where the block itself
    fails, the thread is left to end by itself.
    """
    faults: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as fault:  # The thread would say it on its own, and the block would go on without it.
            faults.append(fault)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def ended() -> bool:
        if faults:
            raise faults[0]
        return not thread.is_alive()

    yield ended
    thread.join()
    ended()
