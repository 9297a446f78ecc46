"""When windows could close, and how long after it their events came. All instants in epoch milliseconds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from schemas.windows import HOP_MS, LATENESS_MS

QUANTILES: Final = {"p50": 0.5, "p99": 0.99, "p99_9": 0.999}

Times = NDArray[np.int64]


@dataclass(frozen=True)
class Arrived:
    """Accepted readings of a partition, in its order."""

    event_ms: Times
    append_ms: Times
    """The broker's clock."""


def can_close_ms(partitions: Sequence[Arrived], ends_ms: Times) -> NDArray[np.float64]:
    """When each window's end could be passed: the latest over partitions of the broker's time of the first reading
    that is of the end and the allowed lateness, or of later. NaN where a partition has no such reading.

    >>> early = Arrived(np.array([10_000, 15_000]), np.array([1, 2]))
    >>> later = Arrived(np.array([14_999, 15_001]), np.array([3, 9]))
    >>> can_close_ms([early, later], np.array([0, 5_000, 10_000])).tolist()
    [3.0, 9.0, nan]
    """
    found = [_passed_ms(each, ends_ms + LATENESS_MS) for each in partitions if len(each.event_ms)]
    return np.max(found, axis=0) if found else np.full(len(ends_ms), np.nan)


def _passed_ms(partition: Arrived, instants_ms: Times) -> NDArray[np.float64]:
    newest = np.maximum.accumulate(partition.event_ms)
    place = np.searchsorted(newest, instants_ms)
    appended = np.append(partition.append_ms.astype(np.float64), np.nan)
    return appended[place]


def ends_between(partitions: Sequence[Arrived], from_ms: float, until_ms: float, phases: int = 1) -> dict[int, float]:
    """Every end of some user's windows that could be passed from one instant until before another, with when."""
    newest = max(int(each.event_ms.max()) for each in partitions if len(each.event_ms))
    oldest = min(int(each.event_ms.min()) for each in partitions if len(each.event_ms))
    step_ms = HOP_MS // phases
    ends = np.arange(oldest - oldest % step_ms + step_ms, newest, step_ms)
    closable = can_close_ms(partitions, ends)
    kept = (closable >= from_ms) & (closable < until_ms)
    return dict(zip(ends[kept].tolist(), closable[kept].tolist(), strict=True))


def latencies_ms(end_ms: Times, seen_ms: Times, closable: Mapping[int, float]) -> NDArray[np.float64]:
    """Of every event of those ends, from when its window could close until it was seen.

    >>> latencies_ms(np.array([0, 5_000, 5_000]), np.array([7, 90, 95]), {5_000: 80.0}).tolist()
    [10.0, 15.0]
    """
    wanted = np.isin(end_ms, np.fromiter(closable, dtype=np.int64, count=len(closable)))
    instants = np.array([closable[end] for end in end_ms[wanted].tolist()], dtype=np.float64)
    return seen_ms[wanted] - instants


def quantiles(values: NDArray[np.float64]) -> dict[str, float | None]:
    """Those of `QUANTILES` and the greatest, of values that were seen: none is between two of them. None of no values.

    >>> quantiles(np.arange(1.0, 1001.0))
    {'p50': 500.0, 'p99': 990.0, 'p99_9': 999.0, 'max': 1000.0}
    """
    shares = {**QUANTILES, "max": 1.0}
    return {
        name: float(np.quantile(values, share, method="inverted_cdf")) if len(values) else None
        for name, share in shares.items()
    }
