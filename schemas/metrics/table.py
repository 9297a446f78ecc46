"""What our operators measure, declared once: names, labels, units, meanings.

The JVM gets these names as JSON (`pipelines/streaming/measuring/contract.py`), the Python calls count by them
(`pipelines/streaming/measuring/measures.py`), and docs/metrics.md is made of them. All are metrics of Flink, so that
any reporter of a cluster shows them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from schemas.reasons import Abstained, Quarantined
from schemas.roles import ModelStatus


class MetricKind(StrEnum):
    """How a metric is read."""

    COUNTER = "counter"
    """Grows; begins at 0 with each start of the job."""
    HISTOGRAM = "histogram"
    """Counters `…_bucket` with a label `le`, each of all values up to it, `…_sum` and `…_count`."""
    GAUGE = "gauge"


class Place(StrEnum):
    """Where it is measured."""

    READINGS = "readings"
    """The JVM operator that keeps accepted readings."""
    WINDOWS = "windows"
    """The JVM operator of windows."""
    FEATURES = "features"
    """The Python step that computes features."""
    SCORES = "scores"
    """The Python step that asks the models."""
    EVENTS = "events"
    """The Python step that smooths answers and makes events."""


class ReadingOutcome(StrEnum):
    """What became of an accepted reading."""

    USED = "used"
    LATE = "late"


class Stage(StrEnum):
    """What a Python step spends its time on."""

    FEATURES = "features"
    ONLINE_WRITE = "online_write"
    BASELINES = "baselines"
    NETWORKS = "networks"
    SMOOTHING = "smoothing"
    EVENT_WRITE = "event_write"


class Cache(StrEnum):
    """Whether the worker still knew the store's answer about a user."""

    HIT = "hit"
    MISS = "miss"


class EventTopic(StrEnum):
    """Which topic an event goes to."""

    EMOTIONS = "emotions"
    SHADOW = "shadow"


SAID: Final = "said"
"""An event that names an emotion."""

FAILED: Final = "failed"
"""A model that raised."""


@dataclass(frozen=True)
class MetricLabel:
    """A label and its values. Without values they are known only while the job runs."""

    name: str
    values: tuple[str, ...] = ()
    at: Mapping[str, Place] = field(default_factory=dict)
    """Where a value is measured, if not wherever the metric is."""


@dataclass(frozen=True)
class Metric:
    """One row of the table."""

    name: str
    kind: MetricKind
    unit: str
    places: tuple[Place, ...]
    meaning: str
    labels: tuple[MetricLabel, ...] = ()
    bounds: tuple[int, ...] = ()
    """Of a histogram: its buckets' upper ends, in the unit; one without an end follows."""

    @property
    def is_open(self) -> bool:
        """Whether some label's values are known only while the job runs."""
        return any(not label.values for label in self.labels)


_STAGES: Final[Mapping[str, Place]] = {
    Stage.FEATURES: Place.FEATURES,
    Stage.ONLINE_WRITE: Place.FEATURES,
    Stage.BASELINES: Place.SCORES,
    Stage.NETWORKS: Place.SCORES,
    Stage.SMOOTHING: Place.EVENTS,
    Stage.EVENT_WRITE: Place.EVENTS,
}
_STEPS: Final = (Place.FEATURES, Place.SCORES, Place.EVENTS)
_REFUSED: Final[Mapping[str, Place]] = {
    reason: Place.SCORES if reason == Quarantined.BAD_FEATURES else Place.READINGS for reason in Quarantined
}

METRICS: Final = (
    Metric(
        "quarantined",
        MetricKind.COUNTER,
        "messages",
        (Place.READINGS, Place.SCORES),
        "Messages that cannot be used, by reason. `bad_features` is a record of the features topic, which only the "
        "emotions job reads; all others are of the readings topic.",
        (MetricLabel("reason", tuple(Quarantined), _REFUSED),),
    ),
    Metric(
        "readings",
        MetricKind.COUNTER,
        "readings",
        (Place.WINDOWS,),
        "Accepted readings: `used` ones are in all of their windows; `late` ones came after their first window had "
        "been sent, and are in the archive alone.",
        (MetricLabel("outcome", tuple(ReadingOutcome)),),
    ),
    Metric(
        "late_by_ms",
        MetricKind.HISTOGRAM,
        "ms",
        (Place.WINDOWS,),
        "By how much a late reading was late: how far event time was past the end of its first window. With so much "
        "more lateness it would have been used.",
        bounds=(1_000, 5_000, 30_000, 300_000, 3_600_000, 86_400_000),
    ),
    Metric(
        "event_time_lag_ms",
        MetricKind.GAUGE,
        "ms",
        (Place.WINDOWS,),
        "How far event time is behind the clock. The lateness of 10 s is part of it. It grows by a second a second "
        "where event time stands still. 0 before the first window could close.",
    ),
    Metric("windows", MetricKind.COUNTER, "windows", (Place.WINDOWS,), "Windows sent to the computation of features."),
    Metric(
        "batch_windows",
        MetricKind.HISTOGRAM,
        "windows",
        _STEPS,
        "Windows of one call of a Python step. Many: the step is what the others wait for.",
        (MetricLabel("step", _STEPS, {step: step for step in _STEPS}),),
        (1, 3, 10, 30, 100, 300),
    ),
    Metric(
        "stage_us",
        MetricKind.HISTOGRAM,
        "µs",
        _STEPS,
        "Time that a stage of a Python call took, for the whole batch. `networks` once for each model that answers.",
        (MetricLabel("stage", tuple(Stage), _STAGES),),
        (300, 1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000, 10_000_000),
    ),
    Metric(
        "baselines",
        MetricKind.COUNTER,
        "users",
        (Place.SCORES,),
        "Users of whom a batch needed the personal baseline: `hit` where the worker knew it from the last 10 s, `miss` "
        "where it asked the online store.",
        (MetricLabel("cache", tuple(Cache)),),
    ),
    Metric(
        "events",
        MetricKind.COUNTER,
        "events",
        (Place.EVENTS,),
        "Events made, by topic: `said` where an emotion is named, or why none is. After a failure events that are "
        "made again are counted again.",
        (MetricLabel("topic", tuple(EventTopic)), MetricLabel("outcome", (SAID, *Abstained))),
    ),
    Metric(
        "model_changes",
        MetricKind.COUNTER,
        "changes",
        (Place.SCORES,),
        "What became of models in each worker: `loaded` for a role, `refused` as announced, `retired` from its role. "
        "`failed`: it shadowed or shared, raised, and was given up; that is a retirement, too. Where the serving model "
        "raises, the job restarts.",
        (MetricLabel("status", (ModelStatus.LOADED, ModelStatus.REFUSED, ModelStatus.RETIRED, FAILED)),),
    ),
    Metric(
        "model_in_force",
        MetricKind.GAUGE,
        "1 or 0",
        (Place.SCORES,),
        "1 for the model that has the role in a worker as of its last batch, 0 for one that had it before.",
        (MetricLabel("role"), MetricLabel("model"), MetricLabel("version")),
    ),
)
