"""A load in real time: users at 4 Hz, spread evenly, event time the wall clock; light, in a process of its own."""

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event

import numpy as np
from confluent_kafka import Producer

from pipelines.core.settings import Settings
from schemas.topics import READINGS
from tests.benchmarks.inputs import BEAT_MS, STEP_MS

NAP_S = 0.004
SHAPES = 4096
LEVELS = {
    "hr": (72.0, 6.0),
    "gsr": (2.0, 0.3),
    "temp": (33.0, 0.4),
    "acc_x": (0.1, 0.05),
    "acc_y": (0.2, 0.05),
    "acc_z": (0.95, 0.05),
}
"""Mean and standard deviation."""
BEAT = {"ibi": (float(BEAT_MS), 2.0)}
"""The same of a reading in which a beat ended."""
_SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Load:
    """A load that runs."""

    users: int
    count: "Synchronized[int]"

    @property
    def sent(self) -> int:
        """Readings until now."""
        return self.count.value


@contextmanager
def paced(settings: Settings, users: int, *, heavy: int = 1) -> Iterator[Load]:
    """The load until the block ends; all of it is on the topic then. One user sends `heavy` times as much as others."""
    count, stop = _SPAWN.Value("q", 0), _SPAWN.Event()
    process = _SPAWN.Process(
        target=_run, args=(settings.bootstrap_servers, turns(users, heavy), count, stop), daemon=True
    )
    process.start()
    try:
        yield Load(users, count)
    finally:
        stop.set()
        process.join()


def turns(users: int, heavy: int) -> list[bytes]:
    """Who sends in each part of a step, the heavy user's turns spread evenly.

    >>> turns(3, heavy=4)
    [b'user-0', b'user-0', b'user-1', b'user-0', b'user-0', b'user-2']
    """
    places = [((turn + 0.5) / heavy, b"user-0") for turn in range(heavy)]
    places += [(user / (users - 1), b"user-%d" % user) for user in range(1, users)]
    return [name for _, name in sorted(places)]


def _run(bootstrap: str, names: list[bytes], count: "Synchronized[int]", stop: Event) -> None:
    """Reading n is of whose turn it is, and due that many parts of a step after the beginning."""
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "partitioner": "murmur2_random",
            "linger.ms": 2,
            "queue.buffering.max.messages": 1_000_000,
        }
    )
    values, pause_ms = [shapes(LEVELS), shapes(LEVELS | BEAT)], STEP_MS / len(names)
    begun_ms, sent = time.time() * 1000, 0
    while not stop.is_set():
        due = int((time.time() * 1000 - begun_ms) / pause_ms)
        for number in range(sent, due):
            name = names[number % len(names)]
            at, beat = begun_ms + number * pause_ms, number // len(names) % (BEAT_MS // STEP_MS) == 0
            producer.produce(READINGS.name, message(name, int(at), values[beat][number * 7919 % SHAPES]), name)
        sent = count.value = max(due, sent)
        producer.poll(0)
        time.sleep(NAP_S)
    producer.flush()


def message(name: bytes, at_ms: int, measurements: bytes) -> bytes:
    """A reading as JSON.

    >>> message(b"ann", 5, b'{"hr":61}')
    b'{"timestamp":5,"user_id":"ann","sensor_id":"wrist","measurements":{"hr":61}}'
    """
    return b'{"timestamp":%d,"user_id":"%b","sensor_id":"wrist","measurements":%b}' % (at_ms, name, measurements)


def shapes(levels: dict[str, tuple[float, float]]) -> list[bytes]:
    """Measurements, ready to be sent again and again."""
    rng = np.random.default_rng(1)
    columns = [rng.normal(mean, spread, SHAPES) for mean, spread in levels.values()]
    text = "{" + ",".join(f'"{name}":%.4f' for name in levels) + "}"
    return [(text % row).encode() for row in zip(*columns, strict=True)]
