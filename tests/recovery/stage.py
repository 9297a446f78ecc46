"""A replay through the stream job, or through the two that share its work, while it runs."""

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.core.errors import StackError
from pipelines.core.flink_rest import Cluster
from pipelines.core.settings import Settings
from pipelines.sources.recording import Recording
from pipelines.stack.stack import up
from pipelines.streaming.submission import Origin, running, submit_job
from schemas.topics import EMOTIONS, FEATURES
from tests.integration import streaming
from tests.integration.commands import eqm
from tests.recovery import outcome, replayer
from tests.recovery.replayer import Orders

SHAPES = {"one": ("stream",), "two": ("features", "emotions")}
"""The kinds of jobs that do the whole work together, the first of which reads the readings."""

SLACK_MS = 1_500
"""A stalled partition is silent for so much longer than it takes to be left behind."""


@dataclass
class Stage:
    """What there is to disturb."""

    settings: Settings
    bundle: Path
    folder: Path
    orders: Orders
    kinds: tuple[str, ...]
    replay: subprocess.Popen[bytes]
    replays: int = 1

    def resubmit(self) -> None:
        """What a user does when the cluster has forgotten its jobs, in a terminal for each."""
        with ThreadPoolExecutor() as terminals:
            list(terminals.map(self._resubmit, self.kinds))

    def _resubmit(self, kind: str) -> None:
        bundle = () if kind == "features" else ("--bundle", str(self.bundle))
        eqm(self.settings, "submit", kind, "--resume", *bundle)

    def upgrade(self, parallelism: int) -> None:
        """Each job is stopped with a savepoint, and goes on from it at another parallelism."""
        self.settings = self.settings.model_copy(update={"parallelism": parallelism})
        for kind in self.kinds:
            submit_job(self.settings, kind, self.bundle, origin=Origin(self.stop(kind, drain=False)))

    def stop(self, kind: str, *, drain: bool) -> str:
        """Stops a job with a savepoint, once it has got over what came before; as a user would, again if told so.

        Now and then the death of a worker goes unseen until a checkpoint or savepoint has failed for it.
        """
        try:
            return self._stop(kind, drain=drain)
        except StackError as error:
            if "made no savepoint" not in str(error):
                raise
            print(error, file=sys.stderr)
            return self._stop(kind, drain=drain)

    def _stop(self, kind: str, *, drain: bool) -> str:
        cluster = Cluster(self.settings.flink_address)
        (job,) = running(self.settings, kind)
        streaming.wait(lambda: all(task["status"] == "RUNNING" for task in cluster.vertices(job.id).values()))
        return cluster.stop(job.id, drain=drain)

    def sent_until_ms(self) -> int:
        """Event time up to which readings were ever sent; a replay that was run again may not have come so far yet."""
        return max(self.orders.sent_until_ms, outcome.newest_ms(self.settings))

    def replay_again(self) -> None:
        """From the beginning; what was sent before comes at once."""
        self.orders = replace(self.orders, sent_until_ms=self.sent_until_ms())
        self.orders.write(self.folder)
        self.replay = started(self.folder)
        self.replays += 1

    def hurry(self) -> None:
        """The rest of the replay comes at once."""
        self.replay.send_signal(signal.SIGUSR2)

    def complete(self) -> None:
        """Waits until everything sent has been taken, closes the windows, and waits for their events."""
        assert self.replay.wait(timeout=streaming.PATIENCE_S) == 0
        total = outcome.messages(self.settings)
        streaming.wait(lambda: taken(self.settings) >= total)
        self.stop(self.kinds[0], drain=True)
        for kind in self.kinds[1:]:
            streaming.wait(lambda: windows(self.settings, EMOTIONS.name) >= windows(self.settings, FEATURES.name))
            self.stop(kind, drain=False)


def taken(settings: Settings) -> int:
    """Messages that were archived or quarantined."""
    quarantined = {(record["partition"], record["offset"]) for record in streaming.quarantined(settings)}
    placed = streaming.placed(settings)
    return placed["used"] + placed["late"] + len(quarantined)


def windows(settings: Settings, topic: str) -> int:
    return len(outcome.said(settings, topic))


@contextmanager
def stage(
    settings: Settings,
    bundle: Path,
    people: Sequence[Recording],
    folder: Path,
    *,
    speed: float,
    late_share: float = 0.0,
    kinds: tuple[str, ...] = SHAPES["one"],
) -> Iterator[Stage]:
    """The jobs and a replay, freshly begun; what of it still runs at the end is stopped."""
    settings = settings.model_copy(update={"publish_features": True})
    up(settings, say=lambda _: None)
    streaming.fresh(settings)
    (folder / replayer.PEOPLE).write_bytes(pickle.dumps(list(people)))
    stall_ms = settings.idle_ms + SLACK_MS
    orders = Orders(settings.bootstrap_servers, settings.partitions, speed, stall_ms, late_share=late_share)
    orders.write(folder)
    for kind in kinds:
        submit_job(settings, kind, bundle)
    begun = Stage(settings, bundle, folder, orders, kinds, started(folder))
    try:
        streaming.wait(lambda: windows(settings, EMOTIONS.name) > 0)
        yield begun
    finally:
        begun.replay.kill()
        begun.replay.wait()
        for kind in kinds:
            for job in running(settings, kind):
                Cluster(settings.flink_address).cancel(job.id)


def started(folder: Path) -> subprocess.Popen[bytes]:
    """A replayer that has begun."""
    ready = folder / replayer.READY
    ready.unlink(missing_ok=True)
    command = [sys.executable, "-m", "tests.recovery.replayer", str(folder)]
    with (folder / "replayer.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ)
    streaming.wait(ready.exists)
    return process


def undisturbed(settings: Settings, bundle: Path, people: Sequence[Recording]) -> outcome.Outcome:
    """The same messages, through the two jobs one after the other, without haste or harm."""
    streaming.fresh(settings)
    with replayer.publisher(settings.bootstrap_servers) as client:
        for key, _, _, value in replayer.messages(people):
            client.send(replayer.READINGS.name, key, value)
    streaming.computed(settings)
    streaming.felt(settings, bundle)
    return outcome.outcome(settings)
