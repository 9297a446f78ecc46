"""Ten thousand malformed messages among good ones: each in quarantine with its reason, nothing else changed."""

from collections.abc import Iterator

import numpy as np

from pipelines.core.settings import Settings
from pipelines.replay.malformed import malformed
from pipelines.replay.messages import in_event_time
from pipelines.replay.people import simulated
from pipelines.replay.publish import publisher
from schemas.reasons import EXCERPT_CHARS
from schemas.topics import READINGS
from tests.integration import streaming

MALFORMED = 10_000
PEOPLE = simulated(3, minutes=3, start="2025-06-01T12:00:00Z", seed=5)


def mixed() -> Iterator[tuple[bytes | None, bytes | None, str | None]]:
    """Good readings in order, malformed ones among them: key, value, and the reason that must be given."""
    rng = np.random.default_rng(1)
    good = list(in_event_time(PEOPLE))
    after = np.bincount(rng.integers(0, len(good), MALFORMED), minlength=len(good))
    for (user, _, _, value), count in zip(good, after.tolist(), strict=True):
        yield user.encode(), value, None
        for _ in range(count):
            key, broken, reason = malformed(rng)
            yield key, broken, str(reason)


def test_malformed_messages_are_quarantined_and_change_nothing(stack: Settings) -> None:
    streaming.fresh(stack)
    sent = streaming.send(stack, PEOPLE).sent
    streaming.computed(stack)
    undisturbed = streaming.features(stack)

    streaming.fresh(stack)
    messages = list(mixed())
    with publisher(stack.bootstrap_servers) as client:
        for key, value, _ in messages:
            client.send(READINGS.name, key, value)
    streaming.computed(stack)

    assert streaming.features(stack) == undisturbed
    assert streaming.placed(stack) == {"used": sent, "late": 0, "quarantined": MALFORMED}
    reasons = {(key, value): reason for key, value, reason in messages}
    records = {(record["partition"], record["offset"]): record for record in streaming.quarantined(stack)}
    assert len(records) == MALFORMED
    for message in streaming.committed(stack, READINGS.name):
        record = records.get((message.partition, message.offset), {"reason": None})
        assert record["reason"] == reasons[message.key, message.value], (message.value or b"")[:200]
    assert {record["topic"] for record in records.values()} == {READINGS.name}
    assert all(len(record["payload"]) <= EXCERPT_CHARS for record in records.values())
