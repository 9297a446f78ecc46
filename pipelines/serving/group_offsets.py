"""Where a member of a consumer group has come: committed so that nothing is left out, and little comes twice."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord
from kafka.consumer.subscription_state import AsyncConsumerRebalanceListener
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata

COMMIT_S: Final = 1.0
"""How often offsets are committed while events are taken. What is delivered meanwhile may come again after a crash."""

LOG: Final = logging.getLogger(__name__)

Offsets = Mapping[TopicPartition, OffsetAndMetadata]


class GroupOffsets(AsyncConsumerRebalanceListener):  # type: ignore[misc]
    """Commits, for each partition of the member, the first offset that was not delivered.

    The client's own commits are of what was fetched. Here `undelivered` tells, oldest first, which fetched records are
    not delivered; where a partition has none, all that was fetched is. A commit that fails is told in the log and made
    again: events may then come twice, and none is lost.
    """

    def __init__(self, consumer: KafkaConsumer, undelivered: Callable[[], Iterable[ConsumerRecord]]) -> None:
        self._consumer = consumer
        self._undelivered = undelivered
        self._fetched: dict[TopicPartition, int] = {}
        """By partition, the offset behind what was fetched."""
        self._committed: Offsets = {}
        self._due_s = time.monotonic()
        self._ended = False

    def polled(self) -> None:
        """To be called after each poll."""
        places = {place: self._consumer.position(place, timeout_ms=0) for place in self._consumer.assignment()}
        self._fetched = {place: offset for place, offset in places.items() if offset is not None}

    def commit_now_and_then(self) -> None:
        """To be called often; waits for nothing."""
        now_s = time.monotonic()
        if now_s < self._due_s:
            return
        self._due_s = now_s + COMMIT_S
        offsets = self._delivered(self._fetched)
        if offsets and offsets != self._committed:
            self._committed = offsets
            self._consumer.commit_async(offsets, callback=self._answered)

    def commit_at_last(self, timeout_ms: int) -> None:
        """The last commit, which is waited for."""
        self._ended = True
        offsets = self._delivered(self._fetched)
        try:
            if offsets:
                self._consumer.commit(offsets, timeout_ms=timeout_ms)
        except KafkaError as fault:
            _say(offsets, fault)

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Before partitions go to another member, which begins where this one has committed."""
        offsets = {} if self._ended else self._delivered(revoked)
        try:
            if offsets:
                await self._consumer.commit_async(offsets)
        except KafkaError as fault:
            _say(offsets, fault)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Positions are known after the next poll."""

    async def on_partitions_lost(self, lost: set[TopicPartition]) -> None:
        """Another member has them already, from what was committed last."""

    def _delivered(self, places: Iterable[TopicPartition]) -> Offsets:
        found = {place: self._fetched[place] for place in places if place in self._fetched}
        for record in reversed(list(self._undelivered())):
            place = TopicPartition(record.topic, record.partition)
            if place in found:
                found[place] = record.offset
        return {place: OffsetAndMetadata(offset) for place, offset in found.items()}

    def _answered(self, offsets: Offsets, answer: object) -> None:
        if isinstance(answer, Exception):
            _say(offsets, answer)
            self._committed = {}


def _say(offsets: Offsets, fault: Exception) -> None:
    places = ", ".join(f"{place.topic}, partition {place.partition}" for place in sorted(offsets))
    LOG.warning("not committed, so that events may come again: %s: %s", places, fault)
