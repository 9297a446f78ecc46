"""The report topic: what workers say they run, how long their models take, and what of it is news."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from pipelines.core.kafka_clients import native_producer
from pipelines.core.topic_reader import committed
from pipelines.inference.active_models import Times, weighted
from pipelines.rollout.control import good_key_of
from pipelines.rollout.events_table import Model
from schemas.errors import one_line
from schemas.records import ModelControl, ModelReport
from schemas.roles import ModelStatus, Role
from schemas.topics import MODEL_REPORTS, MODELS

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, Message, Producer

MOST_WAITING: Final = 10_000
DETAIL_CHARS: Final = 1_000
LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True)
class Latency:
    """Milliseconds a window, as workers report them; None where none did."""

    windows: int = 0
    p50_ms: float | None = None
    p99_ms: float | None = None


@dataclass(frozen=True)
class Reporter:
    """Hands messages to a client that sends them by itself, and drops them where it cannot: nobody waits for it.

    What is dropped is told in the log, whether the client refused it or the broker did not take it.
    """

    worker: str
    clock_ms: Callable[[], int]
    producer: "Producer"

    @classmethod
    def connect(cls, bootstrap: str, worker: str, clock_ms: Callable[[], int]) -> "Reporter":
        options = {
            "queue.buffering.max.messages": MOST_WAITING,
            "delivery.report.only.error": True,
            "on_delivery": _undelivered,
        }
        return cls(worker, clock_ms, native_producer(bootstrap, options))

    def tell(self, role: Role | None, control: ModelControl | None, status: ModelStatus, detail: str) -> None:
        """What has become of a model."""
        self._report(role, control, status=status, detail=one_line(detail, DETAIL_CHARS))

    def tell_times(self, role: Role, control: ModelControl, times: Times) -> None:
        """That a model is in force, and how fast it was since the last time."""
        figures = {"windows": times.windows, "p50_ms": times.p50_ms, "p99_ms": times.p99_ms}
        self._report(role, control, status=ModelStatus.RUNNING, **figures)

    def keep(self, control: ModelControl) -> None:
        """Notes beside the announcements that the model was loaded."""
        self._send(MODELS.name, good_key_of(control.role), control.model_dump_json().encode())

    def flush(self, timeout_s: float) -> None:
        self.producer.flush(timeout_s)

    def _report(self, role: Role | None, control: ModelControl | None, **facts: object) -> None:
        about = {name: getattr(control, name, None) for name in ("name", "version", "share")}
        report = ModelReport(worker=self.worker, at_ms=self.clock_ms(), role=role, **about, **facts)  # type: ignore[arg-type]
        self._send(MODEL_REPORTS.name, self.worker.encode(), report.model_dump_json().encode())

    def _send(self, topic: str, key: bytes, value: bytes) -> None:
        from confluent_kafka import KafkaException

        try:
            self.producer.produce(topic, value, key)
            self.producer.poll(0)
        except (BufferError, KafkaException) as fault:
            LOG.warning("dropped what was to be said on %s: %s", topic, fault)


def _undelivered(fault: "KafkaError", message: "Message") -> None:
    LOG.warning("dropped what was to be said on %s: %s", message.topic(), fault.str())


SILENT_MS: Final = 30_000
"""A worker that has said nothing for so long runs no more: it reports every ten seconds."""


def reports(bootstrap: str) -> list[ModelReport]:
    """All that is kept, in the order of time; what is no report is passed over."""
    found = []
    for message in committed(bootstrap, MODEL_REPORTS.name):
        try:
            found.append(ModelReport.model_validate_json(message.value or b""))
        except ValidationError:
            continue
    return sorted(found, key=lambda report: report.at_ms)


def live(told: Iterable[ModelReport], now_ms: int) -> dict[str, list[ModelReport]]:
    """Of each worker that is heard: what it runs, role by role, then what it has refused or given up since."""
    by_worker: dict[str, list[ModelReport]] = defaultdict(list)
    for report in told:
        by_worker[report.worker].append(report)
    return {
        worker: _of_worker(said) for worker, said in sorted(by_worker.items()) if said[-1].at_ms > now_ms - SILENT_MS
    }


def latencies(told: Iterable[ModelReport]) -> Mapping[Model, Latency]:
    """Of each model over all workers, of all that they reported.

    The median is that of the reports' medians, each counting as often as it has windows; of the 99 % the highest.
    """
    found: dict[Model, list[ModelReport]] = defaultdict(list)
    for report in told:
        if report.windows and report.name and report.version:
            found[report.name, report.version].append(report)
    return {model: _latency(said) for model, said in found.items()}


def shared_models(told: Iterable[ModelReport]) -> set[Model]:
    """All that ever had a share of users."""
    return {
        (report.name, report.version)
        for report in told
        if report.role == Role.SHARE and report.status == ModelStatus.LOADED and report.name and report.version
    }


def _of_worker(said: list[ModelReport]) -> list[ModelReport]:
    running: dict[Role, ModelReport] = {}
    troubles: dict[Role | None, ModelReport] = {}
    for report in said:
        if report.status == ModelStatus.REFUSED:
            troubles[report.role] = report
        elif report.role and report.status == ModelStatus.RETIRED:
            running.pop(report.role, None)
            troubles |= {report.role: report} if report.detail.startswith("it raised") else {}
        elif report.role:
            running[report.role] = report
            if report.status == ModelStatus.LOADED:
                troubles.pop(report.role, None)
    return [*(running[role] for role in Role if role in running), *troubles.values()]


def _latency(said: list[ModelReport]) -> Latency:
    medians = sorted((report.p50_ms, report.windows) for report in said if report.p50_ms is not None)
    highest = max((report.p99_ms for report in said if report.p99_ms is not None), default=None)
    return Latency(sum(report.windows for report in said), weighted(medians, 0.5), highest)
