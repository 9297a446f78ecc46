"""The features topic as arrays, for programs downstream.

    with FeatureReader("localhost:9092") as reader:
        while True:
            windows = reader.next_windows()
            print(windows.user_id, windows.features)

Windows come by the batch: a record is bytes that lie as an array does, and one window at a time would waste that. Only
committed windows are read. A features job that delivers at least once may repeat some after a failure, bit for bit.
"""

import time
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

import numpy as np
from kafka.consumer.fetcher import ConsumerRecord

from pipelines.core import kafka_clients
from pipelines.core.errors import InputError
from pipelines.core.kafka_clients import CONNECT_MS, clear_errors
from pipelines.core.topic_reader import assign_all
from pipelines.features.records import ParsedWindows, parse_feature_records
from schemas.topics import FEATURES

POLL_S: Final = 0.5


class MalformedFeaturesError(InputError):
    """A message on the features topic that is not a feature window."""

    def __init__(self, record: ConsumerRecord, detail: str) -> None:
        self.partition: int = record.partition
        self.offset: int = record.offset
        self.detail = detail
        super().__init__(f"{record.topic}, partition {record.partition}, offset {record.offset}: {detail}")


class FeatureReader:
    """Reads all partitions of the features topic. Not for use by several threads at once."""

    def __init__(
        self,
        bootstrap: str,
        *,
        from_start: bool = False,
        on_malformed: Callable[[MalformedFeaturesError], None] | None = None,
    ) -> None:
        """Connect; raises StackError when no broker answers or the topic is missing.

        Reading begins with the oldest window, or from now on. A message that is no feature window is raised by the
        call after the windows that came with it, and reading can go on; with `on_malformed` it is handed over instead.
        """
        self._bootstrap = bootstrap
        self._on_malformed = on_malformed or self._keep
        self._unsaid: deque[MalformedFeaturesError] = deque()
        self._consumer = kafka_clients.consumer(
            bootstrap, enable_auto_commit=False, auto_offset_reset="earliest" if from_start else "latest"
        )
        try:
            assign_all(self._consumer, bootstrap, FEATURES.name)
        except BaseException:
            self.close()
            raise

    def next_windows(self, timeout_s: float = POLL_S, *, user: str | None = None) -> ParsedWindows:
        """What has come since the last call (of that user), in the order of each user; empty when nothing came in time.

        Numbers are float32, and NaN is missing.
        """
        if self._unsaid:
            raise self._unsaid.popleft()
        deadline = time.monotonic() + timeout_s
        while True:
            left_s = deadline - time.monotonic()
            windows = self._read(self._poll(max(0.0, left_s)), user)
            if len(windows) or self._unsaid or left_s <= 0:
                return windows

    def close(self) -> None:
        """Leave."""
        self._consumer.close(autocommit=False, timeout_ms=CONNECT_MS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _poll(self, timeout_s: float) -> list[ConsumerRecord]:
        with clear_errors(self._bootstrap):
            fetched = self._consumer.poll(timeout_ms=int(timeout_s * 1000))
        return [record for records in fetched.values() for record in records]

    def _read(self, records: list[ConsumerRecord], user: str | None) -> ParsedWindows:
        if user is not None:
            records = [record for record in records if record.key in (None, user.encode())]
        windows, faults = parse_feature_records([record.value or b"" for record in records])
        for place, detail in faults.items():
            self._on_malformed(MalformedFeaturesError(records[place], detail))
        if user is None:
            return windows
        return windows.rows(np.flatnonzero([each == user for each in windows.user_id]))

    def _keep(self, malformed: MalformedFeaturesError) -> None:
        self._unsaid.append(malformed)
