"""The report topic: what workers say they run, and how long their models take."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from pydantic import ValidationError

from pipelines.core.topic_reader import committed
from pipelines.inference.active_models import weighted
from pipelines.rollout.comparing import Latency
from pipelines.rollout.events_table import Model
from schemas.records import ModelReport
from schemas.roles import ModelStatus, Role
from schemas.topics import MODEL_REPORTS

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
