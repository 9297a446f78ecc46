"""What the online stores take and give, in Feast's own types."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from feast.protos.feast.types.EntityKey_pb2 import EntityKey as EntityKeyProto
from feast.protos.feast.types.Value_pb2 import Value as ValueProto

WriteRow = tuple[EntityKeyProto, dict[str, ValueProto], datetime, datetime | None]
EncodedRow = tuple[bytes, int, bytes]
"""Serialised entity key, event time in microseconds, and the values as a `RepeatedValue` in the view's order."""

ReadRow = tuple[datetime | None, dict[str, ValueProto] | None]
Progress = Callable[[int], Any] | None

NULL: Final = ValueProto()
"""Missing; stored so, and never as zero."""

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)


def epoch_us(moment: datetime) -> int:
    """Microseconds since 1970; a moment without time zone is UTC, as everywhere in Feast.

    >>> epoch_us(datetime(1970, 1, 1, 0, 0, 1))
    1000000
    """
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - EPOCH) // MICROSECOND


def moment_of(us: int) -> datetime:
    """The inverse of `epoch_us`, in UTC."""
    return EPOCH + us * MICROSECOND
