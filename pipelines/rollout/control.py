"""The control topic: its messages, and how every worker reads it from its beginning for itself."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

from confluent_kafka import OFFSET_BEGINNING, KafkaError, KafkaException, TopicPartition
from pydantic import ValidationError

from pipelines.core.errors import InputError, StackError
from pipelines.core.kafka_clients import native_consumer, no_broker
from schemas.records import ModelControl
from schemas.roles import Role
from schemas.topics import MODELS

GOOD: Final = ".good"
"""Ends the key under which workers keep what they loaded last for a role."""


@dataclass(frozen=True)
class Instruction:
    """What a message says: a model for the role, or, with none, the role's end."""

    role: Role
    control: ModelControl | None


def key_of(role: Role) -> bytes:
    return role.encode()


def good_key_of(role: Role) -> bytes:
    return (role + GOOD).encode()


def role_of(key: bytes | None) -> Role | None:
    """The role that a key names; None for any other key."""
    try:
        return Role((key or b"").decode("utf-8", "replace"))
    except ValueError:
        return None


def is_kept(key: bytes | None) -> bool:
    """Whether workers have left it, for themselves."""
    return role_of(key) is None and role_of((key or b"").removesuffix(GOOD.encode())) is not None


def instruction(key: bytes | None, value: bytes | None) -> Instruction:
    """What a message says; raises InputError, naming the field, where it says nothing that could be done.

    >>> instruction(b"shadow", None)
    Instruction(role=<Role.SHADOW: 'shadow'>, control=None)
    >>> instruction(b"shadow", b"{}")
    Traceback (most recent call last):
    pipelines.core.errors.InputError: not a control message: role: Field required; announce with `eqm models announce`
    """
    role = role_of((key or b"").removesuffix(GOOD.encode()))
    if role is None:
        raise _bad(f"key is {key!r}, must be one of {', '.join(Role)}")
    return Instruction(role, None if value is None else _control(role, value))


def _control(role: Role, value: bytes) -> ModelControl:
    try:
        control = ModelControl.model_validate_json(value)
    except ValidationError as fault:
        error = fault.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in error["loc"])
        raise _bad(f"{field}: {error['msg']}" if field else error["msg"]) from None
    if control.role != role:
        raise _bad(f"role is {control.role}, the key says {role}")
    if (control.share is None) == (role == Role.SHARE):
        raise _bad("share must be given for the role share, and for no other")
    return control


def _bad(what: str) -> InputError:
    return InputError(f"not a control message: {what}; announce with `eqm models announce`")


CONNECT_S: Final = 30.0
"""A broker that is starting answers within that."""

Latest = dict[bytes | None, bytes | None]


class ControlReader:
    """Without a group: each reader sees all. While the broker is away, nothing comes; then it goes on where it was."""

    def __init__(self, bootstrap: str) -> None:
        """Connects; raises StackError when no broker answers or the topic is missing."""
        self._bootstrap = bootstrap
        options = {"group.id": "eqm-models", "auto.offset.reset": "earliest", "enable.partition.eof": True}
        self._consumer = native_consumer(bootstrap, options)
        try:
            self._partitions = self._assigned()
        except BaseException:
            self._consumer.close()
            raise

    def latest(self) -> Latest:
        """Each key's last value up to the present end; raises StackError where that is not reached in time."""
        found: Latest = {}
        left, end_s = set(self._partitions), time.monotonic() + CONNECT_S
        while left:
            if time.monotonic() > end_s:
                raise StackError(f"{MODELS.name} at {self._bootstrap} cannot be read to its end: look at the broker")
            for message in self._consumer.consume(num_messages=100, timeout=0.2):
                error = message.error()
                if error is None:
                    found[message.key()] = message.value()
                elif error.code() == KafkaError._PARTITION_EOF:
                    left.discard(message.partition())
        return found

    def messages(self, timeout_s: float) -> Iterator[tuple[bytes | None, bytes | None]]:
        """What came since, within the time."""
        for message in self._consumer.consume(num_messages=100, timeout=timeout_s):
            if message.error() is None:
                yield message.key(), message.value()

    def close(self) -> None:
        self._consumer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _assigned(self) -> list[int]:
        try:
            found = self._consumer.list_topics(MODELS.name, timeout=CONNECT_S).topics[MODELS.name]
        except KafkaException as fault:
            raise no_broker(self._bootstrap) from fault
        if not found.partitions:
            raise StackError(f"no topic {MODELS.name} at {self._bootstrap}: `eqm up` makes it")
        self._consumer.assign([TopicPartition(MODELS.name, number, OFFSET_BEGINNING) for number in found.partitions])
        return list(found.partitions)
