"""The labels topic, read from its beginning to its present end."""

from collections import defaultdict

from kafka.consumer.fetcher import ConsumerRecord
from pydantic import ValidationError

from pipelines.core.errors import InputError
from pipelines.core.topic_reader import committed
from schemas.errors import first_problem
from schemas.records import Label


def read_labels(bootstrap: str, topic: str) -> dict[str, list[Label]]:
    """All labels by user; the same label sent twice is there once.

    Raises InputError, naming the place, for the first message that is no label.
    """
    found = dict.fromkeys(_label(message) for message in committed(bootstrap, topic))
    by_user: dict[str, list[Label]] = defaultdict(list)
    for label in found:
        by_user[label.user_id].append(label)
    return dict(by_user)


def _label(message: ConsumerRecord) -> Label:
    try:
        label = Label.model_validate_json(message.value or b"")
    except ValidationError as fault:
        raise _no_label(message, first_problem(fault)) from None
    if not label.label or label.end_ms <= label.start_ms:
        raise _no_label(message, "it needs a name, and a start before its end")
    return label


def _no_label(message: ConsumerRecord, what: str) -> InputError:
    place = f"{message.topic}, partition {message.partition}, offset {message.offset}"
    return InputError(f"{place}: not a label: {what}; remove it with kafka-delete-records.sh")
