"""What the local cluster's reporter shows of our metrics, over all subtasks."""

import urllib.request
from collections import Counter
from collections.abc import Mapping

from prometheus_client.parser import text_string_to_metric_families

from pipelines.core.settings import Settings
from schemas.metrics.series import PROMETHEUS_SCOPE, SCOPE, MetricSeries
from schemas.metrics.table import METRICS

PATIENCE_S = 10
OURS = {label.name for metric in METRICS for label in metric.labels} | {"le"}

Sample = tuple[str, frozenset[tuple[str, str]]]
"""Name, and those labels that are ours."""


class Scraped(Counter[Sample]):
    """Numbers by name and labels."""

    def of(self, name: str, **labels: str) -> float:
        """The numbers of a name with these values of labels, among others, added up."""
        wanted = set(labels.items())
        return sum(count for (found, given), count in self.items() if found.endswith(f"_{name}") and wanted <= given)

    def labels(self, name: str) -> list[Mapping[str, str]]:
        return [dict(given) for found, given in self if found.endswith(f"_{name}")]


def sample(series: MetricSeries) -> Sample:
    return series.prometheus, frozenset(series.labels)


def scraped(settings: Settings) -> Scraped:
    """Of the TaskManager; its port follows the JobManager's."""
    address = f"http://{settings.host}:{settings.prometheus_port + 1}/metrics"
    with urllib.request.urlopen(address, timeout=PATIENCE_S) as answer:
        text = answer.read().decode()
    found = Scraped()
    for family in text_string_to_metric_families(text):
        for each in family.samples:
            if each.name.startswith(f"{PROMETHEUS_SCOPE}_{SCOPE}_"):
                ours = frozenset((name, value) for name, value in each.labels.items() if name in OURS)
                found[each.name, ours] += each.value  # type: ignore[assignment]
    return found
