"""ISO-8601 instants as the JVM reads them: any year, seconds and their fraction optional, in UTC alone."""

import re
from datetime import date, time
from typing import Final

ISO: Final = re.compile(
    r"(?P<year>[0-9]{4}|\+[0-9]{5,10}|-[0-9]{4,10})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
    r"[Tt](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{0,9}))?)?"
    r"(?:[Zz]|[+-]00(?::00(?::00)?)?)"
)
LAST_YEAR: Final = 999_999_999
CYCLE_YEARS: Final = 400
CYCLE_DAYS: Final = 146_097
EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
LONG_MS: Final = 1 << 63


def epoch_ms(text: str) -> int:
    """Milliseconds since the epoch, a fraction of one cut off; raises ValueError for anything else.

    >>> epoch_ms("1970-01-01T00:00:01.5Z"), epoch_ms("1970-01-01t00:01+00:00")
    (1500, 60000)
    """
    match = ISO.fullmatch(text)
    if match is None or match["year"] == "-0000" or abs(int(match["year"])) > LAST_YEAR:
        raise ValueError(text)
    at = time(int(match["hour"]), int(match["minute"]), int(match["second"] or 0))
    seconds = at.hour * 3600 + at.minute * 60 + at.second
    days = _epoch_day(int(match["year"]), int(match["month"]), int(match["day"]))
    found = (days * 86_400 + seconds) * 1000 + int((match["fraction"] or "").ljust(9, "0")) // 1_000_000
    if not -LONG_MS <= found < LONG_MS:
        raise ValueError(text)
    return found


def _epoch_day(year: int, month: int, day: int) -> int:
    """Days since the epoch in the Gregorian calendar, which repeats every 400 years, before and after all history."""
    cycles, within = divmod(year, CYCLE_YEARS)
    same = date(within + CYCLE_YEARS, month, day)
    return same.toordinal() - EPOCH_DAY + (cycles - 1) * CYCLE_DAYS
