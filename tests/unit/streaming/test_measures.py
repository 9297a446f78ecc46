"""What the Python calls measure: added up exactly, handed over once, and never more than the table has."""

import json
import threading

import pytest

from pipelines.streaming.measuring.contract import metric_table
from pipelines.streaming.measuring.measures import Measures, read
from schemas.metrics.series import counted
from schemas.metrics.table import SAID, Cache, EventTopic, Place, Stage
from schemas.reasons import Abstained, Quarantined
from schemas.roles import ModelStatus

STEPS = (Place.FEATURES, Place.SCORES)


def test_counts_are_handed_over_once() -> None:
    measures = Measures(Place.SCORES)
    measures.add("baselines", 3, Cache.HIT)
    measures.add("baselines", 2, Cache.HIT)
    measures.add("model_changes", 1, ModelStatus.LOADED)
    measures.add("quarantined", 0, Quarantined.BAD_FEATURES)
    moved, _ = read(measures.taken(), Place.SCORES)
    assert moved == {("baselines", "hit"): 5, ("model_changes", "loaded"): 1}
    assert read(measures.taken(), Place.SCORES) == ({}, None)


def test_a_value_is_in_all_buckets_from_its_own_on() -> None:
    measures = Measures(*STEPS)
    for windows in (1, 2, 30, 1_000):
        measures.observe("batch_windows", windows, Place.SCORES)
    moved, _ = read(measures.taken(), *STEPS)
    buckets = {labels[1]: count for (name, *labels), count in moved.items() if name == "batch_windows_bucket"}
    assert buckets == {"1": 1, "3": 2, "10": 2, "30": 3, "100": 3, "300": 3, "+Inf": 4}
    assert moved["batch_windows_sum", "scores"] == 1_033
    assert moved["batch_windows_count", "scores"] == 4
    assert {labels[0] for _, *labels in moved} == {"scores"}, "and nothing else has moved"


def test_a_stage_takes_microseconds() -> None:
    measures = Measures(Place.EVENTS)
    measures.took(Stage.SMOOTHING, 0.0015)
    moved, _ = read(measures.taken(), Place.EVENTS)
    assert moved["stage_us_sum", "smoothing"] == 1_500
    assert ("stage_us_bucket", "smoothing", "1000") not in moved
    assert moved["stage_us_bucket", "smoothing", "3000"] == 1


def test_who_is_in_force_is_told_when_it_is_new() -> None:
    measures = Measures(Place.SCORES)
    first = [("serve", "big", "1")]
    for told in (first, None, None):
        measures.in_force(first)
        assert read(measures.taken(), Place.SCORES)[1] == (told and [list(each) for each in told])
    measures.in_force([*first, ("shadow", "small", "2")])
    assert read(measures.taken(), Place.SCORES)[1] == [["serve", "big", "1"], ["shadow", "small", "2"]]


def test_the_first_row_of_a_batch_brings_it() -> None:
    measures = Measures(Place.EVENTS)
    measures.add("events", 4, EventTopic.EMOTIONS, SAID)
    assert measures.column(0) == [], "an empty batch takes nothing"
    first, *others = measures.column(3)
    assert others == [None, None]
    assert read(first or b"", Place.EVENTS)[0] == {("events", "emotions", "said"): 4}


@pytest.mark.parametrize(
    ("metric", "values"),
    [
        ("events", (EventTopic.EMOTIONS, "sad")),
        ("events", (EventTopic.EMOTIONS,)),
        ("windows", ()),
        ("baselines", (Cache.HIT,)),
    ],
)
def test_what_the_table_does_not_have_there_is_refused(metric: str, values: tuple[str, ...]) -> None:
    with pytest.raises(KeyError):
        Measures(Place.EVENTS).add(metric, 1, *values)


def test_threads_lose_nothing() -> None:
    measures, rounds = Measures(Place.EVENTS), 2_000
    found: list[int] = []

    def count() -> None:
        for _ in range(rounds):
            measures.add("events", 1, EventTopic.SHADOW, Abstained.NO_SIGNAL)

    threads = [threading.Thread(target=count) for _ in range(3)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        found.extend(read(measures.taken(), Place.EVENTS)[0].values())
    found.extend(read(measures.taken(), Place.EVENTS)[0].values())
    assert sum(found) == rounds * len(threads)


def test_the_jvm_has_the_same_order_and_the_bounds_of_all_histograms() -> None:
    told = json.loads(metric_table(*STEPS))
    assert [(each["name"], tuple(each["labels"].items())) for each in told["counters"]] == [
        (series.name, series.labels) for series in counted(*STEPS)
    ]
    assert {series.metric for series in counted(*STEPS) if series.name.endswith("_bucket")} == set(told["bounds"])
    assert told["gauges"] == {"model_in_force": ["role", "model", "version"]}
