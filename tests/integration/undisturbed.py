"""One run that others are measured by: a recorded hour and simulated people, in order and once each.

The stream job lives through a kill and a savepoint. What an undisturbed run gives is shown by the recorded hour, which
is computed anew from its CSV files.
"""

import os
import signal
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from feature_repo.columns import LATEST_EMOTION, WINDOW_FEATURES
from feature_repo.online import OnlineRow, read_newest
from feature_repo.store import open_store
from pipelines.archive.reader import open_archive
from pipelines.core.flink_rest import Cluster
from pipelines.core.settings import Settings
from pipelines.recordings.discover import recordings
from pipelines.replay.messages import in_event_time
from pipelines.replay.people import simulated
from pipelines.replay.publish import publisher
from pipelines.stack import processes
from pipelines.stack.flink import TASKMANAGER
from pipelines.stack.stack import up
from pipelines.streaming.submission import Origin, submit_stream
from schemas.topics import READINGS
from tests.integration import streaming
from tests.integration.streaming import Records
from tests.recorded import RECORDED_HOUR, RECORDED_USER

PEOPLE: Final = simulated(6, minutes=3, start="2022-02-07T09:53:00Z", seed=3)
"""They begin with the recorded hour, so that they are behind the kill with the last of their readings."""

EVENTS_BEFORE: Final = 100
"""So many of the recorded hour are committed when the TaskManager dies."""


@dataclass(frozen=True)
class Undisturbed:
    """What the run has committed, and what its job went through."""

    sent: int
    """Readings."""
    restored: int
    """How often the job went on from a checkpoint."""
    placed: Counter[str]
    features: Records
    events: Records
    offline: Counter[str]
    """Rows by user."""
    newest: OnlineRow | None
    """The online store's, of the recorded hour."""
    latest: OnlineRow | None
    """The same of its events."""

    def of(self, users: set[str]) -> tuple[Records, Records]:
        """Features and events of these users."""
        features, events = (
            {key: record for key, record in each.items() if key[0] in users} for each in (self.features, self.events)
        )
        return features, events


def run(stack: Settings, bundle: Path) -> Undisturbed:
    """Half is sent, the TaskManager dies, and a quarter follows. Up to here the job has one worker.

    Then it is stopped, and goes on from its savepoint with two workers. The last quarter waits for it.
    """
    streaming.fresh(stack)
    cluster = Cluster(stack.flink_address)
    settings = stack.model_copy(update={"publish_features": True})
    job = submit_stream(settings.model_copy(update={"parallelism": 1}), bundle)
    everybody = [*recordings([RECORDED_HOUR]), *PEOPLE]
    messages = [(user.encode(), value) for user, _, _, value in in_event_time(everybody)]
    quarter = len(messages) // 4
    send(stack, messages[: 2 * quarter])
    streaming.wait(lambda: sum(user == RECORDED_USER for user, _ in streaming.events(stack)) > EVENTS_BEFORE)
    kill_the_taskmanager(stack)
    before = len(streaming.events(stack))
    send(stack, messages[2 * quarter : 3 * quarter])
    streaming.wait(lambda: streaming.placed(stack).total() >= 3 * quarter)
    # Readings are placed before a window closes. Workers begin with the first window: until they are there, a savepoint
    # would have to wait for them, and may give up.
    streaming.wait(lambda: len(streaming.events(stack)) > before)
    restored = cluster.checkpoints(job)["counts"]["restored"]
    savepoint = cluster.stop(job, drain=False)
    send(stack, messages[3 * quarter :])
    again = submit_stream(settings, bundle, origin=Origin(savepoint))
    streaming.wait(lambda: streaming.placed(stack).total() >= len(messages))
    cluster.stop(again, drain=True)
    store = open_store(stack.feast_profile, stack.feast_folder)
    return Undisturbed(
        len(messages),
        restored,
        streaming.placed(stack),
        streaming.features(stack),
        streaming.events(stack),
        Counter(open_archive(stack.features_folder).to_table(columns=["user_id"])["user_id"].to_pylist()),
        read_newest(store, WINDOW_FEATURES, [RECORDED_USER])[0],
        read_newest(store, LATEST_EMOTION, [RECORDED_USER])[0],
    )


def send(settings: Settings, messages: Sequence[tuple[bytes, bytes]]) -> None:
    with publisher(settings.bootstrap_servers) as client:
        for key, value in messages:
            client.send(READINGS.name, key, value)


def kill_the_taskmanager(settings: Settings) -> None:
    """As a machine dies; `eqm up` starts another, and Flink goes on there from the last checkpoints."""
    server = processes.recorded(settings.home, TASKMANAGER)
    assert server is not None
    os.kill(server.pid, signal.SIGKILL)
    streaming.wait(lambda: processes.recorded(settings.home, TASKMANAGER) is None)
    up(settings, say=lambda _: None)
