"""Killing, stopping and rescaling change nothing that is committed: on this Flink with this Kafka connector.

`make test-recovery` kills more, and for longer.
"""

from collections.abc import Sequence
from pathlib import Path

import pytest
from kafka import KafkaProducer

from pipelines.core.errors import StackError
from pipelines.core.flink_rest import Cluster
from pipelines.core.settings import Settings
from pipelines.serving.client import EmotionConsumer
from pipelines.streaming import restore_points
from pipelines.streaming import submission as jobs
from pipelines.streaming.submission import Origin, resume_point, running, submit_features, submit_stream
from schemas.topics import EMOTIONS, FEATURES
from tests.integration import streaming
from tests.recovery import kills, outcome
from tests.recovery.kills import Strike
from tests.recovery.people import people
from tests.recovery.stage import SHAPES, stage, undisturbed
from tests.recovery.struck import strike_all

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
"""kafka-python leaves a socket behind where it is closed while it asks for metadata."""

PEOPLE = people(4, minutes=24)
SPEED = 4.0
"""Times real, as long as the jobs are disturbed; the rest of the replay comes at once."""


@pytest.fixture(scope="module")
def wanted(stack: Settings, bundle: Path) -> outcome.Outcome:
    return undisturbed(stack, bundle, PEOPLE)


@pytest.mark.parametrize(
    ("delivery", "shape", "strikes"),
    [
        ("exactly-once", "one", [kills.taskmanager, kills.python_worker, kills.jobmanager]),
        ("at-least-once", "one", [kills.python_worker]),
        ("at-least-once", "two", [kills.python_worker, kills.upgrade]),
    ],
)
def test_a_disturbance_changes_nothing_committed(
    stack: Settings,
    bundle: Path,
    wanted: outcome.Outcome,
    tmp_path: Path,
    delivery: str,
    shape: str,
    strikes: Sequence[Strike],
) -> None:
    settings = stack.model_copy(update={"delivery": delivery})
    with stage(settings, bundle, PEOPLE, tmp_path, speed=SPEED, kinds=SHAPES[shape]) as disturbed:
        _, left = strike_all(disturbed, strikes, seed=1)
    assert not left, "disturbed too late to tell"
    found = outcome.outcome(settings)
    outcome.assert_same(found, wanted, once=settings.exactly_once)
    with EmotionConsumer(settings.bootstrap_servers, from_start=True) as consumer:
        delivered = [(event.user_id, event.window_end_ms) for event in consumer.events(to_end=True)]
    assert sorted(delivered) == sorted(wanted.events)


def test_open_windows_are_not_closed_by_other_code(stack: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind the runs above: the last features job was upgraded with open windows, and drained in the end."""
    opened = next(restore_points.submitted(stack, "features")).savepoint
    drained = resume_point(stack, "features")
    placed = streaming.placed(stack)
    monkeypatch.setattr(jobs, "FOLDER", Path(__file__).parent / "changed")
    with pytest.raises(StackError, match=r"begun as windows of 60000 ms .* has windows of 30000 ms .*--drain"):
        submit_features(stack, origin=Origin(opened))
    assert not running(stack, "features")
    job = submit_features(stack, origin=Origin(drained))
    drained = Cluster(stack.flink_address).stop(job, drain=True)
    assert streaming.placed(stack) == placed, "messages were read again"


def test_one_job_takes_the_place_of_two(stack: Settings, bundle: Path) -> None:
    """And the features job its place again: behind a drain, by the savepoint, nothing is read twice."""
    drained = resume_point(stack, "features")
    placed, said = streaming.placed(stack), outcome.said(stack, EMOTIONS.name)
    with pytest.raises(StackError, match=r"cannot continue from .* say --other-shape"):
        submit_stream(stack, bundle, origin=Origin(drained))
    job = submit_stream(stack, bundle, origin=Origin(drained, other_shape=True))
    drained = Cluster(stack.flink_address).stop(job, drain=True)
    job = submit_features(stack, origin=Origin(drained, other_shape=True))
    Cluster(stack.flink_address).stop(job, drain=True)
    assert streaming.placed(stack) == placed
    assert outcome.said(stack, EMOTIONS.name) == said


def test_features_that_come_again_give_no_second_event(stack: Settings, bundle: Path, wanted: outcome.Outcome) -> None:
    """As a features job that delivers at least once repeats them: in order, but behind newer ones."""
    windows = sorted(wanted.features, key=lambda window: window[1])
    middle = len(windows) // 2
    streaming.fresh(stack)
    with KafkaProducer(bootstrap_servers=stack.bootstrap_servers) as producer:
        for user, end_ms in [*windows[:middle], *windows[middle // 2 : middle], *windows[middle:]]:
            payload = wanted.features[user, end_ms][0]
            producer.send(FEATURES.name, payload, key=user.encode(), timestamp_ms=end_ms)
    streaming.felt(stack, bundle)
    assert outcome.said(stack, EMOTIONS.name) == wanted.events
