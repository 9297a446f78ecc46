"""The table of metrics: the page made of it, and the single numbers that it means."""

from itertools import chain

import pytest

from schemas.metrics.page import PAGE, page
from schemas.metrics.series import MetricSeries, counted, parts
from schemas.metrics.table import METRICS, Metric, MetricKind, Place
from schemas.reasons import Quarantined


def test_committed_page_is_what_the_table_gives() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m schemas.metrics.page`"


def test_no_name_stands_twice() -> None:
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    named = [part.prometheus for metric in METRICS for part in parts(metric)]
    assert len(set(named)) == len(named)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_row_is_whole(metric: Metric) -> None:
    assert metric.places
    assert metric.meaning.endswith(".")
    assert (metric.kind == MetricKind.HISTOGRAM) == bool(metric.bounds)
    assert list(metric.bounds) == sorted(set(metric.bounds))
    assert metric.kind == MetricKind.GAUGE or not metric.is_open, "a counter is there from the start, at 0"
    for label in metric.labels:
        assert set(label.at) <= set(label.values)
        assert set(label.at.values()) <= set(metric.places)


def test_each_number_is_counted_in_one_place() -> None:
    apart = [counted(place) for place in Place]
    assert sorted(map(repr, chain(*apart))) == sorted(map(repr, counted(*Place)))
    assert len(set(chain(*apart))) == sum(map(len, apart))


def test_every_reason_is_counted_by_whoever_finds_it() -> None:
    refused = {place: reasons(place) for place in Place}
    assert refused.pop(Place.SCORES) == {Quarantined.BAD_FEATURES}
    assert refused.pop(Place.READINGS) == set(Quarantined) - {Quarantined.BAD_FEATURES}
    assert not any(refused.values())


def reasons(place: Place) -> set[str]:
    return {dict(series.labels)["reason"] for series in counted(place) if series.metric == "quarantined"}


def test_a_histogram_is_its_buckets_then_its_sum_and_its_count() -> None:
    lateness = [series for series in counted(Place.WINDOWS) if series.metric == "late_by_ms"]
    bounds = next(metric.bounds for metric in METRICS if metric.name == "late_by_ms")
    assert [dict(series.labels).get("le") for series in lateness] == [*map(str, bounds), "+Inf", None, None]
    assert [series.name for series in lateness[-2:]] == ["late_by_ms_sum", "late_by_ms_count"]


def test_prometheus_has_the_labels_names_before_the_metrics() -> None:
    bucket = MetricSeries("stage_us", "stage_us_bucket", (("stage", "features"), ("le", "+Inf")))
    assert bucket.prometheus == "flink_taskmanager_job_task_operator_eqm_stage_le_stage_us_bucket"
