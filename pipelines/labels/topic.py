"""The labels topic, read from its beginning to its present end."""

from collections import defaultdict

from pipelines.core.topic_reader import committed
from schemas.records import Label


def read_labels(bootstrap: str, topic: str) -> dict[str, list[Label]]:
    """All labels by user; the same label sent twice is there once."""
    found = dict.fromkeys(Label.model_validate_json(message.value) for message in committed(bootstrap, topic))
    by_user: dict[str, list[Label]] = defaultdict(list)
    for label in found:
        by_user[label.user_id].append(label)
    return dict(by_user)
