"""The page docs/metrics.md, made from the table: `python -m schemas.metrics.page` writes it."""

from pathlib import Path
from textwrap import fill
from typing import Final

from schemas.metrics.series import parts
from schemas.metrics.table import METRICS, Metric, MetricKind, MetricLabel

PAGE: Final = Path(__file__).parents[2] / "docs" / "metrics.md"

HEAD: Final = """# Metrics

This page is generated from the table in `schemas/metrics/table.py`. Do not edit it; after a change of the table run
`.venv/stream/bin/python -m schemas.metrics.page`. A unit test fails while the two differ.

These are metrics of Flink, beside those that Flink has of its own. Any reporter of the cluster shows them. The names
below are those of Prometheus; each also has Flink's labels, such as `job_name`, `operator_name` and `subtask_index`.
Add up over subtasks: `sum by (outcome) (…)`. [Deploy and operate](guides/deploy-and-operate.md#4-watch) says how to
switch them on, and [the runbook](runbook.md#events-stop) which to look at when events stop.

A counter begins at 0 with each start of the job, as after a failure: use `increase` or `rate`. What a job does again
after a failure it counts again. A histogram is a set of counters; `histogram_quantile(0.99, sum by (le) (rate(…[5m])))`
reads its buckets.

"""


def page() -> str:
    """The whole page."""
    return HEAD + "\n".join(map(_section, METRICS))


def _section(metric: Metric) -> str:
    facts = [
        f"{metric.kind.value}, in {metric.unit}" if metric.kind != MetricKind.GAUGE else f"gauge: {metric.unit}",
        f"measured by: {', '.join(place.value for place in metric.places)}",
        *(f"label `{label.name}`: {_values(label)}" for label in metric.labels),
        *([f"label `le`: {', '.join(f'{bound:,}' for bound in metric.bounds)}, +Inf"] if metric.bounds else []),
        *(f"`{part.prometheus}`" for part in parts(metric)),
    ]
    listed = "\n".join(f"- {fact}" for fact in facts)
    return f"## {metric.name}\n\n{fill(metric.meaning, 120)}\n\n{listed}\n"


def _values(label: MetricLabel) -> str:
    return ", ".join(f"`{value}`" for value in label.values) or "whatever is in force"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
