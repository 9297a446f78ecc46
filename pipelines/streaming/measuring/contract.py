"""The table of metrics as the JVM gets it: `MetricTable.java` reads this JSON."""

import json

from schemas.metrics.series import SCOPE, counted
from schemas.metrics.table import METRICS, Place


def metric_table(*places: Place) -> str:
    """What is measured there, in the order in which Python hands it over.

    >>> json.loads(metric_table(Place.WINDOWS))["gauges"]
    {'event_time_lag_ms': []}
    """
    here = [metric for metric in METRICS if set(metric.places) & set(places)]
    return json.dumps(
        {
            "scope": SCOPE,
            "counters": [{"name": each.name, "labels": dict(each.labels)} for each in counted(*places)],
            "bounds": {metric.name: metric.bounds for metric in here if metric.bounds},
            "gauges": {
                metric.name: [label.name for label in metric.labels] for metric in here if metric.kind == "gauge"
            },
        }
    )
