"""Announcing models to the running emotions job."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from kafka import KafkaProducer
from kafka.errors import KafkaError

from models.core.errors import BundleError
from pipelines.core import kafka_clients
from pipelines.core.errors import InputError, StackError
from pipelines.core.kafka_clients import no_broker
from pipelines.core.ports import listens
from pipelines.core.settings import Settings
from pipelines.core.topic_reader import committed
from pipelines.rollout.bundles import announced_folder, control_for, placed
from pipelines.rollout.control import good_key_of, instruction, key_of
from schemas.records import ModelControl
from schemas.roles import Role
from schemas.topics import MODELS

TIMEOUT_MS: Final = 10_000


def announce(settings: Settings, bundle: Path, role: Role, *, share: float | None = None) -> ModelControl:
    """Gives a verified bundle the role, and returns the message sent. The broker has it when this returns."""
    if (share is None) == (role == Role.SHARE):
        raise InputError("a share of users is for the role share alone: --role share --share 0.1")
    control = control_for(role, *placed(settings, bundle), share)
    with _producer(settings.bootstrap_servers) as producer:
        _send(producer, key_of(role), control.model_dump_json().encode())
    return control


def retire(settings: Settings, role: Role) -> None:
    """Ends the role; who serves is then the bundle that the job was submitted with."""
    with _producer(settings.bootstrap_servers) as producer:
        for key in (good_key_of(role), key_of(role)):
            _send(producer, key, None)


def serving(settings: Settings) -> Path | None:
    """The folder of the bundle that the topic says serves; None where it says nothing of use."""
    found: ModelControl | None = None
    for message in committed(settings.bootstrap_servers, MODELS.name):
        if message.key == key_of(Role.SERVE):
            found = _control(message.key, message.value)
    try:
        return announced_folder(found) if found else None
    except BundleError:
        return None


def answers(bootstrap: str) -> bool:
    """Whether anybody listens at one of the addresses; says so at once where nobody does."""
    return any(map(listens, bootstrap.split(",")))


def _control(key: bytes, value: bytes | None) -> ModelControl | None:
    try:
        return instruction(key, value).control
    except InputError:
        return None


@contextmanager
def _producer(bootstrap: str) -> Iterator[KafkaProducer]:
    if not answers(bootstrap):
        raise no_broker(bootstrap)
    producer = kafka_clients.producer(
        bootstrap, max_block_ms=TIMEOUT_MS, request_timeout_ms=TIMEOUT_MS, delivery_timeout_ms=2 * TIMEOUT_MS
    )
    try:
        yield producer
    except KafkaError as fault:
        advice = "`eqm up` makes the topics"
        raise StackError(f"the broker at {bootstrap} did not take it for {MODELS.name} ({fault}): {advice}") from fault
    finally:
        producer.close(timeout=TIMEOUT_MS / 1000)


def _send(producer: KafkaProducer, key: bytes, value: bytes | None) -> None:
    producer.send(MODELS.name, key=key, value=value).get(timeout=2 * TIMEOUT_MS / 1000)
