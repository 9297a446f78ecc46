"""The replay as a process of its own, so that it can be killed. SIGUSR1: one partition is silent for a while;
SIGUSR2: what is left goes at once.

Run by `python -m tests.recovery.replayer FOLDER`. Killed and run again, it does what a user does: it sends everything
again from the beginning. What had been sent before goes at once, the rest at the old pace.
"""

import json
import pickle
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from kafka.partitioner.default import murmur2

from pipelines.replay.faults import FaultCounts, Faults, Message, with_faults
from pipelines.replay.messages import in_event_time
from pipelines.replay.publish import publisher
from pipelines.sources.recording import Recording
from schemas.topics import READINGS

PEOPLE = "people.pickle"
ORDERS = "orders.json"
READY = "ready"
"""Appears when the replayer listens to signals, and begins."""
FAULTS = Faults(shuffle_s=1.0, corrupt_share=0.002, seed=4)
"""Out of order, within lateness, and with malformed messages among them."""


@dataclass(frozen=True)
class Orders:
    """What a replayer is told."""

    bootstrap: str
    partitions: int
    speed: float
    stall_ms: int
    """For how long a partition is silent, event time and real time alike: the others go on at the speed of life."""
    sent_until_ms: int = 0
    """Event time up to which another replayer had sent; this goes at once."""
    late_share: float = 0.0
    """Readings that come a minute late."""

    def write(self, folder: Path) -> None:
        (folder / ORDERS).write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "Orders":
        return cls(**json.loads((folder / ORDERS).read_text(encoding="utf-8")))


def messages(people: Iterable[Recording], late_share: float = 0.0) -> Iterator[Message]:
    """The same messages every time."""
    return with_faults(in_event_time(list(people)), replace(FAULTS, delay_share=late_share), FaultCounts())


@dataclass
class Pace:
    """When a message is due."""

    speed: float
    from_ms: int
    from_s: float
    hurried: bool = False

    def begin(self, speed: float, due_ms: int) -> None:
        """From this message on at this speed, unless there is hurry."""
        self.speed, self.from_ms, self.from_s = speed, due_ms, time.monotonic()

    def hurry(self) -> None:
        self.hurried = True

    def wait(self, due_ms: int) -> None:
        if not self.from_ms:
            self.begin(self.speed, due_ms)
        if not self.hurried:
            time.sleep(self._left_s(due_ms))

    def _left_s(self, due_ms: int) -> float:
        return max(0.0, self.from_s + (due_ms - self.from_ms) / 1000 / self.speed - time.monotonic())


@dataclass
class Stall:
    """Withholds the messages of one partition while it is on."""

    partitions: int
    lasts_ms: int
    wanted: bool = False
    until_ms: int = 0
    partition: int = -1
    held: list[Message] = field(default_factory=list)

    def want(self) -> None:
        self.wanted = True

    def starts(self, message: Message) -> bool:
        """Whether it begins with this message, whose partition it takes."""
        key, due_ms, _, _ = message
        if not self.wanted or key is None or self.until_ms:
            return False
        self.wanted, self.until_ms, self.partition = False, due_ms + self.lasts_ms, self._of(key)
        return True

    def ends(self, due_ms: int) -> bool:
        return bool(self.until_ms) and due_ms >= self.until_ms

    def holds(self, message: Message) -> bool:
        held = bool(self.until_ms) and message[0] is not None and self._of(message[0]) == self.partition
        if held:
            self.held.append(message)
        return held

    def released(self) -> list[Message]:
        self.until_ms, held, self.held = 0, self.held, []
        return held

    def _of(self, key: bytes) -> int:
        return int(murmur2(key) & 0x7FFFFFFF) % self.partitions


def paced(given: Iterable[Message], orders: Orders, pace: Pace, stall: Stall) -> Iterator[Message]:
    """Messages when they are due; those of a stalled partition when the stall is over, in order."""
    for message in given:
        due_ms = message[1]
        pace.wait(due_ms)
        if stall.starts(message):
            pace.begin(1.0, due_ms)
        if stall.ends(due_ms):
            yield from stall.released()
            pace.begin(orders.speed, due_ms)
        if not stall.holds(message):
            yield message
    yield from stall.released()


def main(folder: Path) -> None:
    orders = Orders.read(folder)
    people = pickle.loads((folder / PEOPLE).read_bytes())
    pace = Pace(orders.speed, orders.sent_until_ms, time.monotonic())
    stall = Stall(orders.partitions, orders.stall_ms)
    signal.signal(signal.SIGUSR1, lambda *_: stall.want())
    signal.signal(signal.SIGUSR2, lambda *_: pace.hurry())
    with publisher(orders.bootstrap) as client:
        (folder / READY).touch()
        for key, _, _, value in paced(messages(people, orders.late_share), orders, pace, stall):
            client.send(READINGS.name, key, value)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
