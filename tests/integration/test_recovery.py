"""Killing, stopping and rescaling change nothing that is committed: on this Flink with this Kafka connector.

`make test-recovery` kills more, and for longer.
"""

from collections.abc import Sequence
from pathlib import Path

import pytest

from pipelines import jobs
from pipelines.client import EmotionConsumer
from pipelines.errors import StackError
from pipelines.jobs import resume_point, running, submit_features
from pipelines.settings import Settings
from pipelines.stack import topics
from schemas.topics import READINGS
from tests.recovery import kills, outcome
from tests.recovery.kills import Strike
from tests.recovery.people import people
from tests.recovery.stage import stage, undisturbed
from tests.recovery.struck import strike_all

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
"""kafka-python leaves a socket behind where it is closed while it asks for metadata."""

PEOPLE = people(4, minutes=16)
SPEED = 4.0
"""Times real, as long as the jobs are disturbed; the rest of the replay comes at once."""


@pytest.fixture(scope="module")
def wanted(stack: Settings, bundle: Path) -> outcome.Outcome:
    return undisturbed(stack, bundle, PEOPLE)


@pytest.mark.parametrize(
    ("delivery", "strikes"),
    [
        ("exactly-once", [kills.taskmanager, kills.python_worker, kills.jobmanager]),
        ("at-least-once", [kills.python_worker, kills.upgrade]),
    ],
)
def test_a_disturbance_changes_nothing_committed(
    stack: Settings, bundle: Path, wanted: outcome.Outcome, tmp_path: Path, delivery: str, strikes: Sequence[Strike]
) -> None:
    settings = stack.model_copy(update={"delivery": delivery})
    with stage(settings, bundle, PEOPLE, tmp_path, speed=SPEED) as disturbed:
        _, left = strike_all(disturbed, strikes, seed=1)
    assert not left, "disturbed too late to tell"
    found = outcome.outcome(settings)
    outcome.assert_same(found, wanted, once=settings.exactly_once)
    with EmotionConsumer(settings.bootstrap_servers, from_start=True) as consumer:
        delivered = [(event.user_id, event.window_end_ms) for event in consumer.events(to_end=True)]
    assert sorted(delivered) == sorted(wanted.events)


def test_state_of_other_windows_and_features_is_refused(stack: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind the runs above, whose features job was drained: its successor begins where it ended."""
    drained = resume_point(stack, "features")
    monkeypatch.setattr(jobs, "FOLDER", Path(__file__).parent / "changed")
    with pytest.raises(StackError, match=r"windows of 60000 ms .* this version has windows of 30000 ms .*--drain"):
        submit_features(stack, savepoint=drained)
    assert not running(stack, "features")
    with topics.admin(stack.bootstrap_servers) as client:
        stands = client.list_group_offsets(["eqm-features"])["eqm-features"]
    read = sum(place.offset for partition, place in stands.items() if partition.topic == READINGS.name)
    assert read == outcome.messages(stack)
