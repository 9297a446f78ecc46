"""Instants: of messages, as `schemas.message_rules.INSTANT` has them and the JVM's decoder reads them; and of files."""

import re
from datetime import UTC, date, datetime
from typing import Final

from schemas.message_rules import INSTANT
from schemas.windows import EARLIEST_MS, LATEST_MS

ISO: Final = re.compile(INSTANT)
EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
UNITS_PER_MS: Final = {"seconds": 1e-3, "milliseconds": 1.0, "microseconds": 1e3, "nanoseconds": 1e6}


def epoch_ms(text: str) -> int:
    """Milliseconds since the epoch, a fraction of one cut off; raises ValueError for anything else.

    >>> epoch_ms("1970-01-01T00:00:01.5Z"), epoch_ms("1970-01-01t00:01+00:00")
    (1500, 60000)
    """
    match = ISO.fullmatch(text)
    if match is None:
        raise ValueError(text)
    year, month, day, hour, minute, second, fraction = match.groups()
    days = date(int(year), int(month), int(day)).toordinal() - EPOCH_DAY
    seconds = days * 86_400 + int(hour) * 3600 + int(minute) * 60 + int(second or 0)
    return seconds * 1000 + int((fraction or "0").ljust(3, "0")[:3])


def unit_of(number: float) -> str | None:
    """The unit in which the number is an instant between 2000 and 2100; None where it is so in none.

    No number is so in two of them.

    >>> unit_of(1.65e9), unit_of(1.65e18), unit_of(0)
    ('seconds', 'nanoseconds', None)
    """
    fitting = (unit for unit, per_ms in UNITS_PER_MS.items() if EARLIEST_MS <= float(number) / per_ms <= LATEST_MS)
    return next(fitting, None)


def looks_like(number: float) -> str:
    """What an error adds about a number that is no instant in the unit wanted: the likely unit, or nothing.

    >>> looks_like(1650000000000), looks_like(12)
    (' (it looks like milliseconds since 1970)', '')
    """
    unit = unit_of(number)
    return f" (it looks like {unit} since 1970)" if unit else ""


def is_dated(at_ms: float) -> bool:
    """Whether an instant, in epoch milliseconds, lies between 2000 and 2100; NaN does not.

    >>> is_dated(1650000000000), is_dated(0), is_dated(float("nan"))
    (True, False, False)
    """
    return EARLIEST_MS <= at_ms <= LATEST_MS


def utc_ms(text: str) -> int:
    """ISO-8601 as epoch milliseconds (halves to even); without a zone it is UTC. Raises ValueError.

    >>> utc_ms("2022-02-07T10:05:00+01:00") == utc_ms("2022-02-07 09:05")
    True
    """
    instant = datetime.fromisoformat(text)
    return round((instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp() * 1000)
