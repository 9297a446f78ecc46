"""Clients of Kafka: every one is made here, and says the same where no broker answers or the broker refuses.

Two libraries. kafka-python, where somebody waits for an answer: its failures are exceptions of their own. librdkafka,
where many messages go through, or where a client must outlive its broker; only the stream environment has it, so it is
imported by the functions that need it.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.errors import KafkaConnectionError, KafkaError, KafkaTimeoutError, RequestTimedOutError

from pipelines.core.errors import StackError

if TYPE_CHECKING:
    from confluent_kafka import Consumer, Producer

CONNECT_MS: Final = 5_000
"""How long a broker may take to answer at first. One that is up answers in milliseconds."""

REQUEST_MS: Final = 8_000
"""How long one request may take. Whoever waits for it is told within ten seconds that nobody answers."""

SILENT_S: Final = 8.0
"""How long a read that has an end waits while nothing comes; a broker that is started again answers sooner."""


def no_broker(bootstrap: str) -> StackError:
    """What is said wherever no broker answers."""
    return StackError(f"no broker answers at {bootstrap}: start one with `eqm up`, or set EQM_BOOTSTRAP")


@dataclass
class Silence:
    """Tells a broker that has died, or stands still, from one that is slow, while a topic is read to an end.

    Clients of Kafka go on trying and say nothing: without this, whoever reads to an end would wait for ever.
    """

    bootstrap: str
    topic: str
    _reached: object = None
    _moved_s: float = field(default_factory=time.monotonic)

    def check(self, reached: object) -> None:
        """To be called after each attempt, with how far the read has come; raises StackError after too long a silence.

        What the reader does between two calls counts only where the read has not moved on.
        """
        now_s = time.monotonic()
        if reached != self._reached:
            self._reached, self._moved_s = reached, now_s
        elif now_s - self._moved_s > SILENT_S:
            raise StackError(
                f"the broker at {self.bootstrap} has given nothing of {self.topic} for {SILENT_S:.0f} s, and its end is"
                " not reached: look at it with `eqm status`, then try again"
            )


@contextmanager
def clear_errors(bootstrap: str) -> Iterator[None]:
    """Whatever kafka-python raises in here is one line, a StackError."""
    try:
        yield
    except (KafkaConnectionError, KafkaTimeoutError, RequestTimedOutError) as fault:
        raise no_broker(bootstrap) from fault
    except KafkaError as fault:
        raise StackError(f"the broker at {bootstrap} refused: {fault}") from fault


def consumer(bootstrap: str, **options: Any) -> KafkaConsumer:  # noqa: ANN401
    """A consumer of committed messages unless `isolation_level` says otherwise; it never makes a topic."""
    given = {"isolation_level": "read_committed", "allow_auto_create_topics": False, "request_timeout_ms": REQUEST_MS}
    return _connected(KafkaConsumer, bootstrap, given | options)


def producer(bootstrap: str, **options: Any) -> KafkaProducer:  # noqa: ANN401
    """A producer that never makes a topic."""
    return _connected(KafkaProducer, bootstrap, {"allow_auto_create_topics": False} | options)


@contextmanager
def admin(bootstrap: str, *, timeout_ms: int = CONNECT_MS) -> Iterator[KafkaAdminClient]:
    """A connected client for topics and groups, closed at the end; whatever Kafka refuses is a StackError."""
    options = {"bootstrap_timeout_ms": timeout_ms, "request_timeout_ms": REQUEST_MS}
    client = _connected(KafkaAdminClient, bootstrap, options)
    try:
        with clear_errors(bootstrap):
            yield client
    finally:
        client.close()


def _connected(client: type, bootstrap: str, options: dict[str, Any]) -> Any:  # noqa: ANN401
    with clear_errors(bootstrap):
        return client(bootstrap_servers=bootstrap.split(","), **{"bootstrap_timeout_ms": CONNECT_MS} | options)


def native_producer(bootstrap: str, options: dict[str, Any]) -> "Producer":
    """librdkafka's producer, silent, with Kafka's own choice of partitions: a user's messages stay in one of them.

    It connects when it first has to, and goes on trying while the broker is away.
    """
    from confluent_kafka import Producer

    return Producer({"bootstrap.servers": bootstrap, "partitioner": "murmur2_random", "log_level": 0} | options)


def native_consumer(bootstrap: str, options: dict[str, Any]) -> "Consumer":
    """librdkafka's consumer, silent, for one that outlives its broker; it commits nothing and makes no topic."""
    from confluent_kafka import Consumer

    fixed = {"enable.auto.commit": False, "allow.auto.create.topics": False, "log_level": 0}
    return Consumer({"bootstrap.servers": bootstrap} | fixed | options)
