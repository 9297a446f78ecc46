"""When a reader of committed data sees the events: a process of its own that notes the time of each."""

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from typing import Any

import numpy as np
from confluent_kafka import Consumer, TopicPartition

from pipelines.core.settings import Settings
from schemas.topics import EMOTIONS
from tests.benchmarks.closing import Times

POLL_S = 0.1
FETCH_MS = 20
_SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Seen:
    """Every event by its window's end, and when it was seen."""

    end_ms: Times
    seen_ms: Times


class Listener:
    """Counts while it listens; what it has seen is there when it is stopped."""

    def __init__(self, bootstrap: str) -> None:
        self._count, self._stop = _SPAWN.Value("q", 0), _SPAWN.Event()
        self._seen, theirs = _SPAWN.Pipe(duplex=False)
        self._process = _SPAWN.Process(target=_listen, args=(bootstrap, self._count, self._stop, theirs), daemon=True)
        self._process.start()

    @property
    def count(self) -> int:
        return self._count.value

    def stop(self) -> Seen:
        self._stop.set()
        found: Seen = self._seen.recv()
        self._process.join()
        return found

    def abandon(self) -> None:
        if self._process.is_alive():
            self._process.terminate()
            self._process.join()


@contextmanager
def listening(settings: Settings) -> Iterator[Listener]:
    """A listener from the topic's beginning on."""
    listener = Listener(settings.bootstrap_servers)
    try:
        yield listener
    finally:
        listener.abandon()


def _listen(bootstrap: str, count: "Synchronized[int]", stop: Event, result: "Connection[Seen, Any]") -> None:
    ends: list[int] = []
    seen: list[float] = []
    consumer = _consumer(bootstrap)
    while not stop.is_set():
        message = consumer.poll(POLL_S)
        if message is None or message.error():
            continue
        seen.append(time.time() * 1000)
        ends.append(message.timestamp()[1])
        count.value = len(ends)
    consumer.close()
    result.send(Seen(np.array(ends, dtype=np.int64), np.array(seen).astype(np.int64)))


def _consumer(bootstrap: str) -> Consumer:
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "bench-listener",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "fetch.wait.max.ms": FETCH_MS,
        }
    )
    found = consumer.list_topics(EMOTIONS.name, timeout=10).topics[EMOTIONS.name]
    consumer.assign([TopicPartition(EMOTIONS.name, partition, 0) for partition in found.partitions])
    return consumer
