"""Order within the lateness bound, duplicates and parallelism change no feature and no event."""

from pathlib import Path

import pytest

from pipelines.core.settings import Settings
from pipelines.replay.faults import Faults
from pipelines.replay.people import simulated
from tests.integration import streaming
from tests.integration.streaming import Records

PEOPLE = simulated(6, minutes=3, start="2025-06-01T12:00:00Z", seed=3)


@pytest.fixture(scope="module")
def plain(stack: Settings, bundle: Path) -> tuple[Records, Records]:
    return outputs(stack, bundle, Faults(), parallelism=1)


def outputs(stack: Settings, bundle: Path, faults: Faults, *, parallelism: int) -> tuple[Records, Records]:
    settings = stack.model_copy(update={"parallelism": parallelism})
    streaming.fresh(settings)
    counts = streaming.send(settings, PEOPLE, faults)
    streaming.computed(settings)
    streaming.felt(settings, bundle)
    assert streaming.placed(settings) == {"used": counts.sent, "late": 0, "quarantined": 0}
    return streaming.features(settings), streaming.events(settings)


def test_disorder_duplicates_and_parallelism_change_nothing(
    stack: Settings, bundle: Path, plain: tuple[Records, Records]
) -> None:
    """Three subtasks share four partitions: one has two of them."""
    faults = Faults(shuffle_s=9, duplicate_share=0.05, seed=3)
    features, events = outputs(stack, bundle, faults, parallelism=3)
    assert features == plain[0]
    assert events == plain[1]
    assert len(features) == len(events) == 6 * (36 + 11)
