"""Seeded faults for a replay: readings out of order, late, twice or malformed, and a count of each."""

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.random import Generator

from pipelines.core.errors import SettingsError
from pipelines.replay.malformed import malformed
from pipelines.replay.messages import Sent
from schemas.reasons import Quarantined

Message = tuple[bytes | None, int, str, bytes | None]
"""key, when it is due in epoch ms of event time, sensor id, value."""

COPY_WITHIN_MS: Final = 3_000
DRAWS: Final = 8_192


@dataclass(frozen=True)
class Faults:
    """What to do to a replay. The shares are of the readings and exclude one another: each reading gets one at most."""

    shuffle_s: float = 0.0
    """Every message is due up to this much later, at random: none follows one that is so far ahead in event time."""
    delay_share: float = 0.0
    delay_s: float = 60.0
    """How much later in event time the delayed ones are due; late when above the lateness bound."""
    duplicate_share: float = 0.0
    """Sent again, as it was, within max(3 s, shuffle_s)."""
    corrupt_share: float = 0.0
    """Replaced by a malformed message."""
    seed: int = 0

    def __post_init__(self) -> None:
        shares = (self.delay_share, self.duplicate_share, self.corrupt_share)
        if not (min(shares) >= 0 and sum(shares) <= 1):
            raise SettingsError(
                f"shares {shares}: delay, duplicate and corrupt must be 0 or more and add up to 1 or less"
            )
        if not (self.shuffle_s >= 0 and self.delay_s >= 0 and self.seed >= 0):
            raise SettingsError("shuffle_s, delay_s and seed must be 0 or more")


@dataclass
class FaultCounts:
    """What was done so far: messages sent, of which delayed, copies, and malformed by the reason they must get."""

    sent: int = 0
    delayed: int = 0
    duplicated: int = 0
    corrupted: Counter[Quarantined] = field(default_factory=Counter)


def with_faults(readings: Iterable[Sent], faults: Faults, counts: FaultCounts) -> Iterator[Message]:
    """The messages of a replay in the order in which they are due; `counts` is kept as they go out.

    The same readings and faults give the same messages. Without faults the readings pass as they come.
    """
    dated = _dated(readings, faults, counts)
    reorders = faults.shuffle_s or faults.delay_share or faults.duplicate_share
    for message in _in_due_order(dated) if reorders else (message for _, message in dated):
        counts.sent += 1
        yield message


def _dated(readings: Iterable[Sent], faults: Faults, counts: FaultCounts) -> Iterator[tuple[int, Message]]:
    """Each message with the event time of its reading, before which nothing that follows is due."""
    rng = np.random.default_rng(faults.seed)
    corrupt, delay = faults.corrupt_share, faults.corrupt_share + faults.delay_share
    duplicate = delay + faults.duplicate_share
    shuffle_ms, delay_ms = faults.shuffle_s * 1000, round(faults.delay_s * 1000)
    copy_within_ms = max(COPY_WITHIN_MS, int(shuffle_ms))
    fates, jitters = (_uniform(child) for child in rng.spawn(2))
    for (user_id, timestamp_ms, sensor_id, value), fate, jitter in zip(readings, fates, jitters, strict=False):
        due_ms = timestamp_ms + int(jitter * shuffle_ms)
        if fate < corrupt:
            key, broken, reason = malformed(rng)
            counts.corrupted[reason] += 1
            yield timestamp_ms, (key, due_ms, sensor_id, broken)
            continue
        if corrupt <= fate < delay:
            counts.delayed += 1
            due_ms += delay_ms
        yield timestamp_ms, (user_id.encode(), due_ms, sensor_id, value)
        if delay <= fate < duplicate:
            counts.duplicated += 1
            again_ms = int(rng.integers(due_ms, timestamp_ms + copy_within_ms, endpoint=True))
            yield timestamp_ms, (user_id.encode(), again_ms, sensor_id, value)


def _in_due_order(dated: Iterable[tuple[int, Message]]) -> Iterator[Message]:
    waiting: list[tuple[int, int, Message]] = []
    for number, (timestamp_ms, message) in enumerate(dated):
        while waiting and waiting[0][0] <= timestamp_ms:
            yield heapq.heappop(waiting)[2]
        heapq.heappush(waiting, (message[1], number, message))
    while waiting:
        yield heapq.heappop(waiting)[2]


def _uniform(rng: Generator) -> Iterator[float]:
    while True:
        yield from rng.random(DRAWS).tolist()
