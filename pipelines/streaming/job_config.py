"""What a job is told when it is submitted: one frozen object, passed as a JSON argument."""

import json
import sys
from dataclasses import asdict, dataclass, replace
from typing import Final, Self

from schemas.topics import READERS
from schemas.windows import PHASES

READINGS_GROUP, FEATURES_GROUP = READERS
GROUPS: Final = {"stream": READINGS_GROUP, "features": READINGS_GROUP, "emotions": FEATURES_GROUP}
"""The consumer group of each kind of job, by what it reads."""

FORGET_DAYS: Final = 7
"""How long the state of a user of whom nothing comes is kept, by the clock.

It is that of the emotions job: the answers to the last windows, and which windows have come. Readings may be ten
seconds late, and smoothing looks back 30 s: nobody who goes on is affected, nor anybody by an outage of less than this.
Whoever comes back later begins anew. The first events are means of fewer windows; a window from before that comes again
gives a second event, as one does that is older than is remembered.
"""


@dataclass(frozen=True)
class JobConfig:
    """Settings all jobs share."""

    bootstrap: str
    """Kafka bootstrap servers."""
    group: str
    """Consumer group (`GROUPS`); names the job's place in the topic when it starts without a checkpoint, and its
    transactions."""
    jars: tuple[str, ...] = ()
    """The JVM parts to ship to the cluster with the job, as file URLs; none where the cluster reads them in place."""
    parallelism: int = 1
    checkpoint_ms: int = 1000
    """Interval between checkpoints; with exactly-once delivery it bounds how long output stays invisible."""
    exactly_once: bool = True
    """Transactional output, or at-least-once with events that the client de-duplicates."""
    bounded: bool = False
    """End at the offsets found at the start, and close every window then."""
    feast_profile: str = "local"
    feast_data: str = ""
    """Data folder of the Feast profile."""
    redis_url: str = ""

    def as_argument(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_argument(cls, text: str) -> Self:
        return cls(**json.loads(text))

    @classmethod
    def from_command_line(cls) -> Self:
        """The job's only argument."""
        return cls.from_argument(sys.argv[1])

    def consumer_properties(self) -> dict[str, str]:
        """Kafka consumer properties; only committed messages are read."""
        return {
            "bootstrap.servers": self.bootstrap,
            "group.id": self.group,
            "isolation.level": "read_committed",
            "client.id.prefix": self.group,
        }


@dataclass(frozen=True)
class FeaturesConfig(JobConfig):
    """Settings of the features job."""

    archive: str = ""
    """Folder of accepted readings, Parquet by day."""
    offline: str = ""
    """Folder of feature rows, Parquet by day."""
    roll_ms: int = 300_000
    """Readings and feature rows that have been held for so long go to a file, however few they are."""
    idle_ms: int = 5000
    """A partition without accepted readings for so long no longer holds the others back."""
    publish: bool = True
    """Whether the features topic is an output."""
    phases: int = PHASES
    """In so many phases users' windows end; a part of the contract, as the batch jobs must be told the same."""


@dataclass(frozen=True)
class EmotionsConfig(JobConfig):
    """Settings of the emotions job."""

    bundle: str = ""
    """Folder of the model bundle that serves unless another one is announced; nobody changes it."""
    threads: int = 1
    """TensorFlow threads per Python worker."""
    report_s: float = 10.0
    """How often each Python worker reports its models' batch times."""


@dataclass(frozen=True)
class StreamConfig(FeaturesConfig, EmotionsConfig):
    """Settings of the one job that does what both do. Its group is the features job's, because it reads readings."""

    def for_events(self) -> "StreamConfig":
        """The same, with the emotions job's group: events are written by the same transactions, whatever job writes.

        So a job ends what its predecessor left open, though that was of the other shape.
        """
        return replace(self, group=GROUPS["emotions"])
