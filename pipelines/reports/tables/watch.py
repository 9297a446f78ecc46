"""The newest emotion event of each user as a table for the terminal."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, Literal

from rich.bar import Bar
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from pipelines.core.terminal import readable
from pipelines.reports.colours import ABSTAINED, colours
from schemas.records import EmotionEvent

BAR_WIDTH = 10
MOST_USERS: Final = 10_000
"""Whose events are held, some 50 MB: more than anybody looks at."""

UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))

COLUMNS: Final[dict[str, Literal["left", "right"]]] = {
    "user": "left",
    "emotion": "left",
    "confidence": "left",
    "quality": "right",
    "UTC": "left",
    "age": "right",
    "model": "left",
}
MAX_WIDTH: Final = 24
MIN_WIDTHS: Final = {"emotion": 13, "confidence": 15, "quality": 7, "UTC": 8, "age": 6}
"""Users and models give way first on a narrow terminal."""


def newest(events: Iterable[EmotionEvent], held: dict[str, EmotionEvent]) -> None:
    """Take into `held` each user's event with the latest window.

    Where there are more users than are held, those of whom nothing came for the longest event time are forgotten.
    """
    for event in events:
        known = held.get(event.user_id)
        if known is None or event.window_end_ms >= known.window_end_ms:
            held[event.user_id] = event
    if len(held) > MOST_USERS:
        by_age = sorted(held, key=lambda user: held[user].window_end_ms)
        # Some more than must be, so that not every event sorts them all.
        for user in by_age[: len(held) - MOST_USERS * 9 // 10]:
            del held[user]


def table(held: dict[str, EmotionEvent], *, rows: int, waiting: str = "") -> Table:
    """One row per user in alphabetic order, `rows` at most; ages are relative to the newest event of all.

    `waiting` is what is waited for, where there is no event yet.
    """
    latest = max((event.window_end_ms for event in held.values()), default=0)
    caption = _caption(latest, hidden=len(held) - rows) if held else readable(waiting or "waiting for events …")
    grid = Table(box=None, pad_edge=False, header_style="dim", caption=caption, caption_justify="left")
    for name, justify in COLUMNS.items():
        grid.add_column(name, justify=justify, no_wrap=True, min_width=MIN_WIDTHS.get(name), max_width=MAX_WIDTH)
    for user in sorted(held)[:rows]:
        grid.add_row(*_cells(held[user], latest))
    return grid


def _cells(event: EmotionEvent, latest_ms: int) -> tuple[RenderableType, ...]:
    colour = _colour(event)
    return (
        Text(readable(event.user_id)),
        Text(readable(_emotion(event)), style=colour),
        _confidence(event, colour),
        f"{event.quality:.0%}",
        instant(event.window_end_ms)[-8:],
        age(latest_ms - event.window_end_ms),
        Text(readable(f"{event.model_name} {event.model_version}")),
    )


def _confidence(event: EmotionEvent, colour: str) -> Table:
    cell = Table.grid(padding=(0, 1))
    cell.add_row(Bar(1.0, 0.0, event.confidence, width=BAR_WIDTH, color=colour), f"{event.confidence:4.0%}")
    return cell


def _emotion(event: EmotionEvent) -> str:
    if event.abstained:
        return f"– {event.reason}".replace("_", " ")
    return event.emotion or "–"


def _colour(event: EmotionEvent) -> str:
    chosen = None if event.abstained else event.emotion
    return colours(list(event.probabilities)).get(chosen or "", ABSTAINED)


def instant(epoch_ms: int) -> str:
    """Event time for people, in UTC.

    >>> instant(1_700_000_000_000)
    '2023-11-14 22:13:20'
    """
    return f"{datetime.fromtimestamp(epoch_ms / 1000, UTC):%Y-%m-%d %H:%M:%S}"


def age(ms: int) -> str:
    """A duration in whole units of the largest that fits.

    >>> [age(ms) for ms in (0, 5_000, 95_000, 7_200_000, 200_000_000)]
    ['0 s', '5 s', '1 min', '2 h', '2 d']
    """
    seconds = ms // 1000
    size, unit = next((pair for pair in UNITS if seconds >= pair[0]), (1, "s"))
    return f"{seconds // size} {unit}"


def _caption(latest_ms: int, *, hidden: int) -> str:
    more = f"; {hidden} more (--user U shows one)" if hidden > 0 else ""
    return f"newest window ended {instant(latest_ms)} UTC{more}"
