"""When each event was committed, seen from outside."""

import threading
import time
from bisect import bisect_right
from types import TracebackType
from typing import Self

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from pipelines.settings import Settings
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
        with KafkaConsumer(
            bootstrap_servers=self._settings.bootstrap_servers,
            enable_auto_commit=False,
            isolation_level="read_committed",
            reconnect_backoff_max_ms=500,
        ) as consumer:
            consumer.assign([TopicPartition(EMOTIONS.name, number) for number in range(self._settings.partitions)])
            consumer.seek_to_beginning()
            while not self._over.is_set():
                self._poll(consumer)

    def _poll(self, consumer: KafkaConsumer) -> None:
        try:
            batches = consumer.poll(timeout_ms=200)
        except KafkaError:
            time.sleep(0.2)
            return
        now_s = time.monotonic()
        self._seen += [(now_s, message.timestamp) for batch in batches.values() for message in batch]
