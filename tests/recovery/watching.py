"""When each event was committed, seen from outside."""

import threading
import time
from bisect import bisect_right
from types import TracebackType
from typing import Self

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from pipelines.core.settings import Settings
from schemas.topics import EMOTIONS


class Watch:
    """Reads committed events as they come, in a thread of its own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._over = threading.Event()
        self._seen: list[tuple[float, int]] = []
        self._thread = threading.Thread(target=self._read)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def next_s(self, at_s: float, ended_after_ms: int) -> float | None:
        """Seconds from `at_s` to the next committed event of a window that ends after an event time; None: none yet."""
        seen = self._seen[bisect_right(self._seen, (at_s, 0)) :]
        return next((came_s - at_s for came_s, end_ms in seen if end_ms > ended_after_ms), None)

    def _read(self) -> None:
        """By librdkafka, which takes a broker that is away calmly."""
        consumer = Consumer(
            {
                "bootstrap.servers": self._settings.bootstrap_servers,
                "group.id": "watch",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "reconnect.backoff.max.ms": 500,
                "log_level": 0,
            }
        )
        places = range(self._settings.partitions)
        consumer.assign([TopicPartition(EMOTIONS.name, number, OFFSET_BEGINNING) for number in places])
        while not self._over.is_set():
            messages = [each for each in consumer.consume(1000, timeout=0.1) if not each.error()]
            now_s = time.monotonic()
            self._seen += [(now_s, message.timestamp()[1]) for message in messages]
        consumer.close()
