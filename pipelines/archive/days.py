"""Whole days of event time, UTC: what a batch job is asked for."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, Self

from pipelines.core.errors import SettingsError

DAY_MS: Final = 86_400_000
WORDS: Final = {"today": 0, "yesterday": 1}
AGO: Final = "-days-ago"


@dataclass(frozen=True)
class Days:
    """From the first to the last day, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise SettingsError(f"--from {self.first} is after --to {self.last}: exchange them")

    @classmethod
    def between(cls, first: str, last: str, *, now_ms: int) -> Self:
        """Days as users write them: YYYY-MM-DD, `today`, `yesterday` or `7-days-ago`."""
        return cls(_day("--from", first, now_ms), _day("--to", last, now_ms))

    def __iter__(self) -> Iterator[str]:
        return ((self.first + timedelta(days=n)).isoformat() for n in range((self.last - self.first).days + 1))

    @property
    def start_ms(self) -> int:
        """Midnight that begins the first day."""
        return start_ms(self.first.isoformat())

    @property
    def end_ms(self) -> int:
        """Midnight that ends the last day."""
        return start_ms(self.last.isoformat()) + DAY_MS


def start_ms(day: str) -> int:
    """The midnight that begins a day.

    >>> start_ms("1970-01-02")
    86400000
    """
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 1000


def day_of(timestamp_ms: int) -> str:
    """The day of an instant.

    >>> day_of(86_399_999), day_of(86_400_000)
    ('1970-01-01', '1970-01-02')
    """
    return datetime.fromtimestamp(timestamp_ms // 1000, tz=UTC).date().isoformat()


def day_before(day: str) -> str:
    """The day before a day.

    >>> day_before("2026-03-01")
    '2026-02-28'
    """
    return day_of(start_ms(day) - DAY_MS)


def _day(flag: str, text: str, now_ms: int) -> date:
    number = text.removesuffix(AGO)
    ago = int(number) if text.endswith(AGO) and number.isdecimal() else WORDS.get(text)
    if ago is not None:
        return date.fromisoformat(day_of(now_ms)) - timedelta(days=ago)
    try:
        return date.fromisoformat(text)
    except ValueError:
        known = f"YYYY-MM-DD, {', '.join(WORDS)} or 7{AGO}"
        raise SettingsError(f"{flag} {text} is no day: write {known}") from None
