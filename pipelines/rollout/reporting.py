"""What a worker tells of its models, on the report topic."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from confluent_kafka import Producer

from pipelines.inference.active_models import Times
from pipelines.rollout.control import good_key_of
from schemas.records import ModelControl, ModelReport
from schemas.roles import ModelStatus, Role
from schemas.topics import MODEL_REPORTS, MODELS

MOST_WAITING: Final = 10_000
DETAIL_CHARS: Final = 1_000


@dataclass(frozen=True)
class Reporter:
    """Hands messages to a client that sends them by itself, and drops them where it cannot: nobody waits for it."""

    worker: str
    clock_ms: Callable[[], int]
    producer: Producer

    @classmethod
    def connect(cls, bootstrap: str, worker: str, clock_ms: Callable[[], int]) -> "Reporter":
        options = {
            "bootstrap.servers": bootstrap,
            "partitioner": "murmur2_random",
            "queue.buffering.max.messages": MOST_WAITING,
            "log_level": 0,
        }
        return cls(worker, clock_ms, Producer(options))

    def tell(self, role: Role | None, control: ModelControl | None, status: ModelStatus, detail: str) -> None:
        """What has become of a model."""
        self._report(role, control, status=status, detail=detail[:DETAIL_CHARS])

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
        try:
            self.producer.produce(topic, value, key)
        except BufferError:
            return
        self.producer.poll(0)
