"""A replay whose broker has gone: told by the next message, and not only at the end."""

import time

import pytest
from confluent_kafka import KafkaError, KafkaException

from pipelines.core.errors import StackError
from pipelines.replay import publish
from pipelines.replay.publish import Publisher

NOBODY = "127.0.0.1:9"
SAID = f"^the broker at {NOBODY} did not take the messages: "


class Away:
    """A client that has connected once, and whose broker takes nothing any more."""

    def __init__(self, options: dict[str, object], *, full: bool = False, fatal: bool = False) -> None:
        self.delivered = options["on_delivery"]
        self.full, self.fatal, self.given = full, fatal, 0

    def list_topics(self, timeout: float) -> None:
        pass

    def produce(self, topic: str, value: bytes | None, key: bytes | None) -> None:
        if self.fatal:
            raise KafkaException("fenced")
        if self.full:
            raise BufferError
        self.given += 1

    def poll(self, timeout: float) -> None:
        self.delivered(KafkaError(KafkaError._MSG_TIMED_OUT), None)  # type: ignore[operator]


def connected(monkeypatch: pytest.MonkeyPatch, **kind: bool) -> Publisher:
    monkeypatch.setattr(publish, "native_producer", lambda _, options: Away(options, **kind))
    return Publisher(NOBODY)


@pytest.mark.parametrize("kind", [{}, {"full": True}, {"fatal": True}])
def test_the_first_message_that_is_not_taken_ends_it(monkeypatch: pytest.MonkeyPatch, kind: dict[str, bool]) -> None:
    client = connected(monkeypatch, **kind)
    with pytest.raises(StackError, match=SAID) as fault:
        client.send("a topic", b"ann", b"{}")
    assert "\n" not in str(fault.value)


def test_at_the_pace_of_life_the_real_client_tells_it_while_messages_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    made = publish.native_producer
    options = {"message.timeout.ms": 100, "linger.ms": 0}

    def impatient(bootstrap: str, given: dict[str, object]) -> object:
        producer = made(bootstrap, given | options)
        return Knowing(producer)

    class Knowing:
        """One that has found its broker once."""

        def __init__(self, producer: object) -> None:
            self._producer = producer

        def list_topics(self, timeout: float) -> None:
            pass

        def __getattr__(self, name: str) -> object:
            return getattr(self._producer, name)

    monkeypatch.setattr(publish, "native_producer", impatient)
    client = Publisher(NOBODY)

    def replay() -> None:
        for _ in range(600):
            client.send("a topic", b"ann", b"{}")
            time.sleep(0.05)

    with pytest.raises(StackError, match=SAID):
        replay()
