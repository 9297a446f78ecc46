"""Disorder, duplicates, malformed messages and parallelism change no feature and no event; all of it is accounted for.

Ten thousand malformed messages stand among good ones that come out of order and twice: each is in quarantine with its
reason and its place, and nothing else is changed.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from pipelines.core.settings import Settings
from pipelines.replay.faults import FaultCounts, Faults, with_faults
from pipelines.replay.malformed import malformed
from pipelines.replay.messages import in_event_time
from pipelines.replay.publish import publisher
from schemas.message_rules import EXCERPT_CHARS
from schemas.topics import READINGS
from tests.integration import streaming
from tests.integration.streaming import Records
from tests.integration.undisturbed import PEOPLE, Undisturbed

MALFORMED = 10_000
FAULTS = Faults(shuffle_s=9, duplicate_share=0.05, seed=3)

Sent = tuple[bytes | None, bytes | None, str | None]
"""Key, value, and the reason that must be given; None where it is a reading."""


@pytest.fixture(scope="module")
def plain(undisturbed: Undisturbed) -> tuple[Records, Records]:
    """Features and events of the readings in order, once each, by one worker."""
    return undisturbed.of({person.user_id for person in PEOPLE})


@pytest.fixture(scope="module")
def disturbed(stack: Settings, bundle: Path, plain: tuple[Records, Records]) -> tuple[Settings, list[Sent]]:
    """The same with everything wrong, at parallelism 3: three subtasks share four partitions, one has two of them."""
    settings = stack.model_copy(update={"parallelism": 3})
    streaming.fresh(settings)
    sent = list(mixed())
    with publisher(settings.bootstrap_servers) as client:
        for key, value, _ in sent:
            client.send(READINGS.name, key, value)
    streaming.computed(settings)
    streaming.felt(settings, bundle)
    return settings, sent


def mixed() -> Iterator[Sent]:
    """Readings out of order and twice, malformed messages among them."""
    rng = np.random.default_rng(1)
    good = list(with_faults(in_event_time(PEOPLE), FAULTS, FaultCounts()))
    after = np.bincount(rng.integers(0, len(good), MALFORMED), minlength=len(good))
    for (key, _, _, value), count in zip(good, after.tolist(), strict=True):
        yield key, value, None
        for _ in range(count):
            key, broken, reason = malformed(rng)
            yield key, broken, str(reason)


def test_disorder_duplicates_malformed_messages_and_parallelism_change_nothing(
    plain: tuple[Records, Records], disturbed: tuple[Settings, list[Sent]]
) -> None:
    settings, _ = disturbed
    assert streaming.features(settings) == plain[0]
    assert streaming.events(settings) == plain[1]
    assert len(plain[0]) == len(plain[1]) == 6 * (37 + 11), "nobody's phase is zero"


def test_every_message_is_in_one_place(disturbed: tuple[Settings, list[Sent]]) -> None:
    settings, sent = disturbed
    good = sum(reason is None for _, _, reason in sent)
    assert good > len(list(in_event_time(PEOPLE)))
    assert streaming.placed(settings) == {"used": good, "late": 0, "quarantined": MALFORMED}


def test_malformed_messages_are_quarantined_with_reason_and_place(disturbed: tuple[Settings, list[Sent]]) -> None:
    settings, sent = disturbed
    reasons = {(key, value): reason for key, value, reason in sent}
    records = {(record["partition"], record["offset"]): record for record in streaming.quarantined(settings)}
    assert len(records) == MALFORMED
    for message in streaming.committed(settings, READINGS.name):
        record = records.get((message.partition, message.offset), {"reason": None})
        assert record["reason"] == reasons[message.key, message.value], (message.value or b"")[:200]
    assert {record["topic"] for record in records.values()} == {READINGS.name}
    assert all(len(record["payload"]) <= EXCERPT_CHARS for record in records.values())
