"""What the reporter shows of the session's stream job, beside what is known of it: the table, and exact counts."""

import pytest

from models.bundle.folder import read_manifest
from schemas.metrics.series import counted, parts
from schemas.metrics.table import METRICS, MetricKind, Place
from schemas.reasons import Quarantined
from tests.integration.scraped import Scraped, sample
from tests.integration.undisturbed import LATE, REFUSED, Undisturbed

READ_BY_THE_EMOTIONS_JOB = {"bad_features"}


@pytest.fixture(scope="module")
def shown(undisturbed: Undisturbed) -> Scraped:
    return undisturbed.shown


def test_the_reporter_shows_what_the_table_has(shown: Scraped) -> None:
    gauges = {part.prometheus for metric in METRICS if metric.kind == MetricKind.GAUGE for part in parts(metric)}
    assert {key for key in shown if key[0] not in gauges} == set(map(sample, counted(*Place)))
    assert {name for name, _ in shown if name in gauges} == gauges


def test_readings_are_counted_by_what_became_of_them(undisturbed: Undisturbed, shown: Scraped) -> None:
    """By the second job: the first one's counts have ended with it."""
    assert shown.of("readings", outcome="used") == undisturbed.sent_last
    assert shown.of("readings", outcome="late") == shown.of("late_by_ms_count") == LATE
    assert shown.of("late_by_ms_bucket", le="+Inf") == LATE
    assert shown.of("late_by_ms_bucket", le="300000") == 0, "they are an hour late"
    assert {reason: shown.of("quarantined", reason=reason) for reason in Quarantined} == {
        reason: REFUSED.count(reason) for reason in Quarantined
    }


def test_windows_are_counted_at_every_step(undisturbed: Undisturbed, shown: Scraped) -> None:
    windows = shown.of("windows")
    assert windows == undisturbed.told_last > 0
    for step in ("features", "scores", "events"):
        assert shown.of("batch_windows_sum", step=step) == windows
        assert shown.of("batch_windows_bucket", step=step, le="+Inf") == shown.of("batch_windows_count", step=step) > 0


def test_events_are_those_on_the_topic(undisturbed: Undisturbed, shown: Scraped) -> None:
    assert shown.of("events", topic="emotions") == undisturbed.told_last
    reasons = undisturbed.reasons_last
    assert {reason: shown.of("events", topic="emotions", outcome=reason or "said") for reason in reasons} == reasons
    assert shown.of("events", topic="shadow") == 0


def test_every_stage_has_taken_time(shown: Scraped) -> None:
    calls = {
        "features": "features",
        "online_write": "features",
        "baselines": "scores",
        "networks": "scores",
        "smoothing": "events",
        "event_write": "events",
    }
    for stage, step in calls.items():
        assert shown.of("stage_us_count", stage=stage) == shown.of("batch_windows_count", step=step)
        assert shown.of("stage_us_sum", stage=stage) > 0


def test_baselines_are_asked_for_or_known(shown: Scraped) -> None:
    assert shown.of("baselines", cache="miss") > 0
    assert 0 < shown.of("baselines") <= shown.of("batch_windows_sum", step="scores")


def test_the_model_that_serves_is_named(undisturbed: Undisturbed, shown: Scraped) -> None:
    manifest = read_manifest(undisturbed.bundle)
    serves = {"role": "serve", "model": manifest.name, "version": manifest.version}
    assert shown.labels("model_in_force") == [serves]
    assert shown.of("model_changes", status="loaded") == shown.of("model_in_force") > 0, "one in each worker"


def test_event_time_is_as_far_behind_as_the_recording_is_old(shown: Scraped) -> None:
    years = shown.of("event_time_lag_ms") / 2 / (365.25 * 86_400_000)
    assert years > 1, "two subtasks, both years behind: the recording is of 2022"
