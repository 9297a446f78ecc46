"""Baselines beside windows in a point-in-time retrieval: one of a later moment is never seen."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from feast import FeatureStore

from feature_repo.columns import EVENT_TIMESTAMP, JOIN_KEY, USER_BASELINE, WINDOW_FEATURES
from feature_repo.folders import offline_folder
from feature_repo.offline_schema import arrow_schema
from feature_repo.partitions import day_folder

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
ASKED = ["window_start_ms", "hr_mean"]
LEVELS = ["baseline_windows", "baseline_mean_hr_mean", "baseline_std_hr_mean"]
ABSURD = 1e9


def write(folder: Path, view: str, name: str, rows: list[tuple[str, float, float]]) -> None:
    """Rows as (user, seconds after midnight, value of every number), into the partition of the first one."""
    moments = [MIDNIGHT + timedelta(seconds=seconds) for _, seconds, _ in rows]
    numbers = [value for _, _, value in rows]
    columns = {
        JOIN_KEY: [user for user, _, _ in rows],
        EVENT_TIMESTAMP: [moment.replace(tzinfo=None) for moment in moments],
    }
    schema = arrow_schema(view)
    place = day_folder(offline_folder(folder, view), f"{moments[0]:%Y-%m-%d}")
    place.mkdir(exist_ok=True)
    table = pa.table({field.name: columns.get(field.name, numbers) for field in schema}, schema=schema)
    pq.write_table(table, place / name)


@pytest.fixture
def planted(folder: Path) -> None:
    """A night of two people, then what nobody knew at midnight: an enrolment, and the next night."""
    ends = [("ann", seconds, float(seconds)) for seconds in (0, 5, 10)]
    write(folder, WINDOW_FEATURES, "part-0", ends)
    write(folder, WINDOW_FEATURES, "part-0", [("ann", -5, -5.0)])
    write(folder, USER_BASELINE, "nightly.parquet", [("ann", 0, 60.0), ("bob", 0, 70.0)])
    write(folder, USER_BASELINE, "enrolled-7-ann.parquet", [("ann", 7, ABSURD)])
    write(folder, USER_BASELINE, "nightly.parquet", [("ann", 86_400, 2 * ABSURD), ("bob", 86_400, 2 * ABSURD)])


def known(store: FeatureStore, asked: list[tuple[str, float]]) -> pd.DataFrame:
    moments = [MIDNIGHT + timedelta(seconds=seconds) for _, seconds in asked]
    entities = pd.DataFrame({JOIN_KEY: [user for user, _ in asked], EVENT_TIMESTAMP: moments})
    references = [f"{WINDOW_FEATURES}:{name}" for name in ASKED] + [f"{USER_BASELINE}:{name}" for name in LEVELS]
    frame: pd.DataFrame = store.get_historical_features(entities, references).to_df()
    return frame


@pytest.mark.usefixtures("planted")
def test_a_later_baseline_is_not_joined(store: FeatureStore) -> None:
    found = known(store, [("ann", 0), ("ann", 6.999), ("bob", 86_399.999), ("ann", -0.001), ("ann", -5)])
    for level in LEVELS:
        assert found[level][:3].tolist() == [60.0, 60.0, 70.0], "at the moment itself it may"
        assert np.isnan(found[level][3:].astype(float)).all(), "nothing was known before the first night"
    assert found["hr_mean"][[0, 1, 3, 4]].tolist() == [0.0, 5.0, -5.0, -5.0]


@pytest.mark.usefixtures("planted")
def test_at_its_own_moment_it_is_and_it_never_grows_too_old(store: FeatureStore) -> None:
    found = known(store, [("ann", 7), ("ann", 86_399), ("ann", 86_400), ("ann", 40 * 86_400), ("eve", 0)])
    assert found[LEVELS[1]][:4].tolist() == [ABSURD, ABSURD, 2 * ABSURD, 2 * ABSURD]
    assert np.isnan(found[LEVELS[1]][4])
    assert np.isnan(found["hr_mean"][3]), "a window, though, of forty days ago"


@pytest.mark.usefixtures("planted")
def test_moments_asked_together_do_not_see_each_others_baselines(store: FeatureStore) -> None:
    seconds = [86_400.0, 7.0, 0.0, -1.0]
    together = known(store, [("ann", each) for each in seconds])
    for row, each in enumerate(seconds):
        alone = known(store, [("ann", each)])
        np.testing.assert_array_equal(together[LEVELS].iloc[[row]].astype(float), alone[LEVELS].astype(float))
