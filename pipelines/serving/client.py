"""The emotion events as typed records, for programs downstream.

    with EmotionConsumer("localhost:9092") as consumer:
        for event in consumer.events():
            print(event.user_id, event.emotion, event.confidence)

Only committed events are read, each user, window and model once. With a group, members share the partitions
and the broker keeps their offsets: nothing is left out, but after a crash the last seconds may come again.

An event is delivered when the caller comes back for the next one, or leaves the `with` block without an exception.
Until then it is in hand: whatever becomes of the program, the group's offset stays before it, and it comes again.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Literal, Self

from kafka import TopicPartition
from kafka.consumer.fetcher import ConsumerRecord
from pydantic import ValidationError

from pipelines.core import kafka_clients
from pipelines.core.errors import InputError
from pipelines.core.kafka_clients import CONNECT_MS, Silence, clear_errors
from pipelines.core.topic_reader import assign_all, partitions_of, positions
from pipelines.serving.deduplication import SeenWindows
from pipelines.serving.group_offsets import GroupOffsets
from schemas.errors import first_problem
from schemas.records import EmotionEvent
from schemas.topics import EMOTIONS

POLL_S = 0.5

Isolation = Literal["read_committed", "read_uncommitted"]


class MalformedEventError(InputError):
    """A message on the emotion topic that is not an emotion event."""

    def __init__(self, record: ConsumerRecord, detail: str) -> None:
        self.partition: int = record.partition
        self.offset: int = record.offset
        self.detail = detail
        place = f"{record.topic}, partition {record.partition}, offset {record.offset}"
        super().__init__(f"{place}: not an emotion event: {detail}")


def decode(record: ConsumerRecord) -> EmotionEvent:
    """A message as a record; raises MalformedEventError."""
    try:
        return EmotionEvent.model_validate_json(record.value or b"")
    except ValidationError as fault:
        raise MalformedEventError(record, first_problem(fault)) from None


class EmotionConsumer:
    """Reads the emotion topic. Not for use by several threads at once."""

    def __init__(
        self,
        bootstrap: str,
        *,
        group: str | None = None,
        isolation: Isolation = "read_committed",
        from_start: bool = False,
        on_malformed: Callable[[MalformedEventError], None] | None = None,
    ) -> None:
        """Connect; raises StackError when no broker answers or the topic is missing.

        Without a group all partitions are read, from their beginning or from now on. With a group this choice
        holds only where the group has no offset yet. A malformed message is raised, and reading can go on
        behind it; with `on_malformed` it is handed over instead. Either way it counts as an event does: it is
        delivered when the caller comes back, or when `on_malformed` returns.
        """
        self._bootstrap = bootstrap
        self._on_malformed = on_malformed
        self._in_hand: ConsumerRecord | None = None
        """What the caller was given, and has not come back from."""
        self._pending: deque[ConsumerRecord] = deque()
        self._closed = False
        self._seen = SeenWindows()
        self._consumer = kafka_clients.consumer(
            bootstrap,
            group_id=group,
            enable_auto_commit=False,
            isolation_level=isolation,
            auto_offset_reset="earliest" if from_start else "latest",
        )
        self._offsets = GroupOffsets(self._consumer, self._undelivered) if group is not None else None
        try:
            self._partitions = self._subscribe()
        except BaseException:
            self._consumer.close(autocommit=False, timeout_ms=CONNECT_MS)
            raise

    def next_event(self, timeout_s: float = POLL_S, *, user: str | None = None) -> EmotionEvent | None:
        """The next event (of that user) that was not delivered yet; None when none comes within the time.

        To ask for it is to say that the one before is dealt with.
        """
        self._deliver()
        deadline = time.monotonic() + timeout_s
        while True:
            if self._offsets is not None:
                self._offsets.commit_now_and_then()
            while self._pending:
                event = self._taken(user)
                if event is not None:
                    return event
            left_s = deadline - time.monotonic()
            self._poll(max(0.0, left_s))
            if not self._pending and left_s <= 0:
                return None

    def events(
        self, *, user: str | None = None, idle_s: float | None = None, to_end: bool = False
    ) -> Iterator[EmotionEvent]:
        """Events as they come, of one user if one is named; for ever, unless one of two ends is asked for.

        `idle_s`: stop when nothing came for so long. `to_end`: stop when all is read that was on the topic when
        the iteration began; not with a group, whose members see parts only. With it, StackError is raised within ten
        seconds where the broker falls silent before that. Without it, the iteration outlives the broker, and waits.
        """
        ends, silence = self._ends() if to_end else {}, Silence(self._bootstrap, EMOTIONS.name)
        wait_s = min(POLL_S / 10 if to_end else POLL_S, POLL_S if idle_s is None else idle_s)
        heard = time.monotonic()
        while not to_end or not self._is_at(ends, silence):
            event = self.next_event(wait_s, user=user)
            if event is not None:
                yield event
                heard = time.monotonic()
            elif idle_s is not None and time.monotonic() - heard >= idle_s:
                return

    def close(self) -> None:
        """Leave. A group's offset stays before whatever was fetched but not delivered, and before the event in hand."""
        if self._closed:
            return
        self._closed = True
        if self._offsets is not None:
            self._offsets.commit_at_last(CONNECT_MS)
        self._consumer.close(autocommit=False, timeout_ms=CONNECT_MS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._deliver()
        self.close()

    def _subscribe(self) -> list[TopicPartition]:
        if self._offsets is None:
            return assign_all(self._consumer, self._bootstrap, EMOTIONS.name)
        with clear_errors(self._bootstrap):
            partitions_of(self._consumer, self._bootstrap, EMOTIONS.name)
            self._consumer.subscribe([EMOTIONS.name], listener=self._offsets)
            return []

    def _poll(self, timeout_s: float) -> None:
        """Only when nothing is pending: partitions come and go only when all that was fetched of them is delivered."""
        with clear_errors(self._bootstrap):
            for records in self._consumer.poll(timeout_ms=int(timeout_s * 1000)).values():
                self._pending.extend(records)
            if self._offsets is not None:
                self._offsets.polled()

    def _taken(self, user: str | None) -> EmotionEvent | None:
        """The next pending record, in hand until the caller is back; None, and not in hand, where it is passed over."""
        self._in_hand = self._pending.popleft()
        event = self._accepted(self._in_hand, user)
        if event is None:
            self._deliver()
        return event

    def _deliver(self) -> None:
        self._in_hand = None

    def _undelivered(self) -> list[ConsumerRecord]:
        return [*filter(None, [self._in_hand]), *self._pending]

    def _accepted(self, record: ConsumerRecord, user: str | None) -> EmotionEvent | None:
        if user is not None and record.key is not None and record.key != user.encode():
            return None
        try:
            event = decode(record)
        except MalformedEventError as malformed:
            if self._on_malformed is None:
                raise
            self._on_malformed(malformed)
            return None
        wanted = user is None or event.user_id == user
        return event if wanted and self._seen.add(event) else None

    def _ends(self) -> dict[TopicPartition, int]:
        if self._offsets is not None:
            raise ValueError("to_end: a member of a group sees only a part of the topic; read without a group")
        with clear_errors(self._bootstrap):
            ends: dict[TopicPartition, int] = self._consumer.end_offsets(self._partitions)
            return ends

    def _is_at(self, ends: dict[TopicPartition, int], silence: Silence) -> bool:
        if self._pending:
            return False
        with clear_errors(self._bootstrap):
            reached = positions(self._consumer, ends)
        silence.check(reached)
        return reached is not None and all(reached[place] >= end for place, end in ends.items())
