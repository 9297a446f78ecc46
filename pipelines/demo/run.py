"""The demo, step by step, on a stack of its own."""

import math
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from models.bundle.folder import read_manifest
from models.core.manifest import Manifest
from pipelines.core.errors import StackError
from pipelines.core.flink_rest import ENDED, Cluster
from pipelines.core.progress import counted
from pipelines.core.settings import Settings
from pipelines.demo.cast import SEED, Cast
from pipelines.demo.counting import feature_rows, readings_placed, wait_for
from pipelines.demo.live import follow, in_background, shown
from pipelines.demo.outcome import Outcome, write_outcome
from pipelines.demo.own_stack import begin_anew
from pipelines.replay.faults import FaultCounts, Faults
from pipelines.replay.people import replay
from pipelines.serving.client import EmotionConsumer
from pipelines.sources.recording import Recording
from pipelines.stack.stack import down, up
from pipelines.streaming.submission import Origin, submit_features, submit_stream
from schemas.records import EmotionEvent


@contextmanager
def step(title: str) -> Iterator[None]:
    """Says what is being done, and when it is done, how long it took."""
    begun_s = time.monotonic()
    print(f"- {title} ...", flush=True)
    yield
    print(f"  {title}: {time.monotonic() - begun_s:.1f} s", flush=True)


class Patience:
    """Waits for the last events, of a job that has ended, as long as more keep coming."""

    SILENCE_S = 60

    def __init__(self) -> None:
        self._count = -1
        self._grew_s = time.monotonic()

    def enough(self, count: int, wanted: int) -> bool:
        """Whether all events are there; raises where no more can be hoped for."""
        if count > self._count:
            self._count, self._grew_s = count, time.monotonic()
        if count < wanted and time.monotonic() - self._grew_s > self.SILENCE_S:
            raise StackError(f"{count} events for {wanted} windows, and no more come; see the logs of the stream job")
        return count >= wanted


LIVE_S = 20
"""How long the live part takes, whatever its event time."""

FAULTS = Faults(shuffle_s=4, delay_share=0.002, duplicate_share=0.01, corrupt_share=0.002, seed=SEED)
"""What the live part suffers: disorder, late readings, duplicates and malformed messages."""

PLACED_S = 240


@dataclass
class Demo:
    """One run; `counts` and `sent` grow while it goes."""

    settings: Settings
    cast: Cast
    counts: FaultCounts = field(default_factory=FaultCounts)
    sent: int = 0

    def run(self) -> dict[str, Any]:
        """Everything, on a fresh stack that is stopped again whatever happens."""
        begun_s = time.monotonic()
        with self._stack():
            with step("features job, which needs no model"):
                job = submit_features(self.settings)
            with step(f"{len(self.cast.training)} recordings to learn from"):
                self._send(self.cast.training, speed=math.inf, faults=Faults())
                self._placed(job)
                savepoint = Cluster(self.settings.flink_address).stop(job, drain=True)
            with step("training"):
                manifest = self._train()
            with step("stream job, from readings to emotions, in its place"):
                bundle = self.settings.current_bundle
                job = submit_stream(self.settings, bundle, origin=Origin(savepoint, other_shape=True))
            events = self._live(job)
            outcome = Outcome(self.settings, self.cast, manifest, events, self.sent, time.monotonic() - begun_s)
            with step("report"):
                return write_outcome(outcome)

    @contextmanager
    def _stack(self) -> Iterator[None]:
        with step("Kafka, Flink, Feast"):
            begin_anew(self.settings)
            up(self.settings)
        try:
            yield
        finally:
            with step("down"):
                down(self.settings)

    def _send(self, people: list[Recording], *, speed: float, faults: Faults) -> None:
        total = sum(len(stream.timestamp_ms) for person in people for stream in person.streams)
        with counted("replay", "readings", total) as progress:
            self.sent += replay(
                self.settings, people, speed=speed, faults=faults, counts=self.counts, progress=progress
            )

    def _placed(self, job: str) -> None:
        """Waits until every reading sent has ended in its one place, by this job."""
        wait_for(
            lambda: sum(readings_placed(self.settings).values()) >= self.sent,
            "readings in archive or quarantine",
            timeout_s=PLACED_S,
            check=lambda: self._require_running(job),
        )

    def _require_running(self, job: str) -> None:
        if Cluster(self.settings.flink_address).job(job)["state"] in ENDED:
            raise StackError(f"job {job} has ended; see http://{self.settings.flink_address}")

    def _train(self) -> Manifest:
        """As anybody trains: by the command, in the environment that it needs."""
        bundle = self.settings.current_bundle
        command = ["train", "--preset", "small", "--name", "demo", "--bundle", str(bundle)]
        ran = subprocess.run(
            [sys.executable, "-m", "pipelines.cli.main", *command],
            env={**os.environ, **self.settings.environment()},
            stdout=subprocess.PIPE,
            text=True,
        )
        if ran.returncode:
            raise StackError("training has failed, as it says above")
        print(*(f"  {line}" for line in ran.stdout.splitlines()[-2:]), sep="\n")
        return read_manifest(bundle)

    def _live(self, job: str) -> list[EmotionEvent]:
        """Follows the unseen people's events until there is one for each window."""
        learnt, windows = feature_rows(self.settings), [0]

        def produce() -> None:
            self._send(self.cast.shown, speed=self._speed(), faults=FAULTS)
            self._placed(job)
            Cluster(self.settings.flink_address).stop(job, drain=True)
            windows[0] = feature_rows(self.settings) - learnt

        patience = Patience()
        with EmotionConsumer(self.settings.bootstrap_servers, from_start=True) as consumer:
            print(f"\n{len(self.cast.shown_users)} people whom the model has never seen, live:", flush=True)
            with in_background(produce) as ended, shown(set(self.cast.shown_users)) as show:
                return follow(consumer, lambda count: ended() and patience.enough(count, windows[0]), show)

    def _speed(self) -> float:
        times = [
            stream.timestamp_ms for person in self.cast.shown for stream in person.streams if len(stream.timestamp_ms)
        ]
        return (max(int(t[-1]) for t in times) - min(int(t[0]) for t in times)) / 1000 / LIVE_S
