"""The models of one worker, kept up to date by a thread of its own.

A batch looks at the models once, so it is never answered by half a change. Why workers read a topic, and the job's
state knows nothing of models: docs/decisions/0008-models-change-in-the-running-job.md.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from confluent_kafka import KafkaException

from models.bundle.folder import read_manifest
from pipelines.core.errors import EqmError, StackError, first_line
from pipelines.inference.active_models import ActiveModels, BatchTimes
from pipelines.rollout.bundles import control_for, loaded
from pipelines.rollout.control import is_kept
from pipelines.rollout.control_reader import ControlReader
from pipelines.rollout.models import LiveModels
from pipelines.rollout.reports import Reporter
from schemas.roles import Role
from schemas.topics import MODELS

POLL_S: Final = 0.5
AGAIN_S: Final = 1.0
CLOSE_S: Final = 10.0
LOG: Final = logging.getLogger(__name__)
"""Goes to the log of the TaskManager."""


@dataclass(frozen=True)
class WorkerConfig:
    """What a worker must know to begin."""

    bootstrap: str
    bundle: str
    """Folder of the bundle that the job was submitted with."""
    threads: int
    report_s: float
    worker: str


class Worker:
    """Between `open` and `close` a daemon thread follows the control topic; the broker may come and go.

    The thread does not end unseen. Where broker or topic fail it, it says so in the log, and begins anew until it
    can follow again; meanwhile the models go on. Whatever else ends it, the next batch raises: the job fails with
    that reason, and Flink starts it again.
    """

    def __init__(self, config: WorkerConfig, clock_ms: Callable[[], int]) -> None:
        self._config = config
        self._clock_ms = clock_ms
        self._ended = threading.Event()
        self._reporter = Reporter.connect(config.bootstrap, config.worker, clock_ms)
        self._thread = threading.Thread(target=self._run, name="eqm-models", daemon=True)
        self._fault: BaseException | None = None
        self._said = ""
        self.times = BatchTimes()
        folder = Path(config.bundle)
        self.models = LiveModels(
            control_for(Role.SERVE, folder, read_manifest(folder), None),
            lambda control: loaded(control, config.threads),
            tell=self._reporter.tell,
            keep=self._reporter.keep,
        )

    def open(self) -> None:
        """Loads what is in force; raises StackError where the topic cannot be read, so that Flink tries again."""
        reader = ControlReader(self._config.bootstrap)
        try:
            self.models.begin(reader.latest())
        except BaseException:
            reader.close()
            raise
        self._reader = reader
        self._thread.start()

    def now(self) -> ActiveModels:
        """Who answers the next batch; raises StackError where nobody hears announcements any more."""
        if self._fault is not None:
            reason = f"{type(self._fault).__name__}: {first_line(self._fault)}"
            raise StackError(f"the thread that follows {MODELS.name} has ended: {reason}") from self._fault
        return self.models.now()

    def close(self) -> None:
        """Ends the thread; one that is loading a bundle is left to end by itself."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(CLOSE_S)
        self._reporter.flush(1.0)

    def _run(self) -> None:
        try:
            self._follow()
        except BaseException as fault:  # A thread has nobody to raise to; `now` does it in its place.
            self._fault = fault

    def _follow(self) -> None:
        reader: ControlReader | None = self._reader
        next_ms = self._clock_ms() + self._pause_ms
        while not self._ended.is_set():
            try:
                reader = reader or self._reopened()
                self._take(reader)
            except (EqmError, KafkaException) as fault:
                self._say(str(fault))
                self._leave(reader)
                reader = None
            if self._clock_ms() >= next_ms:
                self._report()
                next_ms = self._clock_ms() + self._pause_ms
        self._leave(reader)

    def _say(self, line: str) -> None:
        """Once, however often it is tried again."""
        if line != self._said:
            LOG.warning("%s; it is tried again, and the models in force go on", line)
        self._said = line

    @property
    def _pause_ms(self) -> int:
        return round(self._config.report_s * 1000)

    def _take(self, reader: ControlReader) -> None:
        """Follows what has come; what other workers keep is no news."""
        for key, value in reader.messages(POLL_S):
            if not is_kept(key):
                self.models.apply(key, value)

    def _reopened(self) -> ControlReader:
        reader = ControlReader(self._config.bootstrap)
        try:
            self.models.catch_up(reader.latest())
        except BaseException:
            reader.close()
            raise
        LOG.info("%s is followed again", MODELS.name)
        self._said = ""
        return reader

    def _leave(self, reader: ControlReader | None) -> None:
        """A client that cannot go on is given up; the next one reads the topic anew."""
        if reader is not None:
            reader.close()
        self._ended.wait(AGAIN_S)

    def _report(self) -> None:
        for role, control in self.models.controls().items():
            self._reporter.tell_times(role, control, self.times.take(role))
