"""Replay into the broker: paced, keyed by user, with every message acknowledged."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from kafka import KafkaProducer
from kafka.errors import KafkaError

from pipelines.errors import StackError
from pipelines.replay import due_s
from pipelines.replay_faults import Message
from schemas.records import Label

REPORT_EVERY = 1_000
Progress = Callable[[int], None]
"""Called now and then with the number of messages sent."""


@contextmanager
def producer(bootstrap: str) -> Iterator[KafkaProducer]:
    """An idempotent producer: a retried message is stored once. Flushed on leaving; a failure is one clear line."""
    try:
        client = KafkaProducer(
            bootstrap_servers=bootstrap,
            acks="all",
            enable_idempotence=True,
            linger_ms=20,
            batch_size=1 << 18,
            max_block_ms=10_000,
        )
    except KafkaError as fault:
        raise StackError(f"no broker answers at {bootstrap}: start one with `eqm up`, or set EQM_BOOTSTRAP") from fault
    try:
        yield client
        client.flush()
    except KafkaError as fault:
        raise StackError(f"the broker at {bootstrap} did not take the messages: {fault}") from fault
    finally:
        client.close(timeout=10)


def publish_readings(
    client: KafkaProducer, topic: str, messages: Iterable[Message], *, speed: float, progress: Progress
) -> int:
    """Sends messages when due; `speed` is event seconds per second, infinity means as fast as possible. Returns how many."""
    sent = 0
    first_ms: int | None = None
    started_s = time.monotonic()
    for key, due_ms, _, value in messages:
        first_ms = due_ms if first_ms is None else first_ms
        _wait(started_s + due_s(due_ms, first_ms=first_ms, speed=speed) - time.monotonic())
        client.send(topic, key=key, value=value)
        sent += 1
        if sent % REPORT_EVERY == 0:
            progress(sent)
    client.flush()
    progress(sent)
    return sent


def _wait(seconds: float) -> None:
    if seconds > 0:
        time.sleep(seconds)


def publish_labels(client: KafkaProducer, topic: str, labels: Iterable[Label]) -> int:
    """Sends labels, keyed by user. Returns how many."""
    sent = 0
    for label in labels:
        client.send(topic, key=label.user_id.encode(), value=label.model_dump_json().encode())
        sent += 1
    client.flush()
    return sent
