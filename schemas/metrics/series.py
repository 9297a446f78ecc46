"""The table as single numbers: what a JVM counts one by one, in the order in which a Python call hands them over."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final

from schemas.metrics.table import METRICS, Metric, MetricKind, Place

SCOPE: Final = "eqm"
"""The group of ours below each operator's metrics."""

UPPER_END: Final = "le"
UNBOUNDED: Final = "+Inf"
PROMETHEUS_SCOPE: Final = "flink_taskmanager_job_task_operator"


@dataclass(frozen=True)
class MetricSeries:
    """One number of a metric: its name, and label and value, label and value."""

    metric: str
    name: str
    labels: tuple[tuple[str, str], ...]

    @property
    def prometheus(self) -> str:
        """Its name there. Flink puts the names of labels before that of the metric.

        >>> MetricSeries("readings", "readings", (("outcome", "late"),)).prometheus
        'flink_taskmanager_job_task_operator_eqm_outcome_readings'
        """
        return "_".join([PROMETHEUS_SCOPE, SCOPE, *(label for label, _ in self.labels), self.name])


def counted(*places: Place) -> tuple[MetricSeries, ...]:
    """Everything that is counted there, metric by metric.

    >>> [series.name for series in counted(Place.WINDOWS)][:3]
    ['readings', 'readings', 'late_by_ms_bucket']
    """
    return tuple(series for metric in METRICS if metric.kind != MetricKind.GAUGE for series in _series(metric, places))


def parts(metric: Metric) -> tuple[MetricSeries, ...]:
    """One of each name that a metric has at a reporter; values of labels left out."""
    names = [label.name for label in metric.labels]
    return tuple(
        MetricSeries(metric.name, name, tuple((label, "") for label in [*names, *more]))
        for name, more in _names(metric)
    )


def _names(metric: Metric) -> list[tuple[str, list[str]]]:
    if metric.kind != MetricKind.HISTOGRAM:
        return [(metric.name, [])]
    return [(f"{metric.name}_bucket", [UPPER_END]), (f"{metric.name}_sum", []), (f"{metric.name}_count", [])]


def _series(metric: Metric, places: tuple[Place, ...]) -> Iterator[MetricSeries]:
    for values in product(*(label.values for label in metric.labels)):
        at = [label.at[value] for label, value in zip(metric.labels, values, strict=True) if value in label.at]
        if not set(at or metric.places) & set(places):
            continue
        given = tuple((label.name, str(value)) for label, value in zip(metric.labels, values, strict=True))
        if metric.kind == MetricKind.HISTOGRAM:
            for end in (*map(str, metric.bounds), UNBOUNDED):
                yield MetricSeries(metric.name, f"{metric.name}_bucket", (*given, (UPPER_END, end)))
            yield MetricSeries(metric.name, f"{metric.name}_sum", given)
            yield MetricSeries(metric.name, f"{metric.name}_count", given)
        else:
            yield MetricSeries(metric.name, metric.name, given)
