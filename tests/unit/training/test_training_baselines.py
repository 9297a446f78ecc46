"""`eqm train` on the archive: each window beside the baseline that was known at its end."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from feature_repo.columns import USER_BASELINE
from feature_repo.folders import offline_folder
from feature_repo.partitions import day_folder
from feature_repo.store import apply
from pipelines.baselines.resting import Moments
from pipelines.baselines.rows import Baseline, baseline_rows, write_offline
from pipelines.core.settings import Settings
from pipelines.training.train import with_baselines
from schemas.feature_table import FEATURE_NAMES
from tests.unit.models.people import made_up

COUNT = len(FEATURE_NAMES)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def level(user: str, mean: float) -> Baseline:
    count = np.full(COUNT, 12)
    count[0] = 0
    return Baseline(user, 12, Moments(count, np.full(COUNT, mean), np.ones(COUNT)))


def test_without_feast_or_baselines_nobody_has_one(settings: Settings) -> None:
    rows = made_up(people=2, windows=6)
    assert with_baselines(rows, settings) is rows
    apply("local", settings.feast_folder)
    assert with_baselines(rows, settings) is rows


def test_each_window_has_what_was_known_at_its_end(settings: Settings) -> None:
    apply("local", settings.feast_folder)
    rows = made_up(people=2, windows=6)
    rows = replace(rows, baseline=np.full_like(rows.baseline, np.nan)).rows(np.random.default_rng(0).permutation(12))
    from_ms = int(np.unique(rows.window_end_ms)[2])
    place = day_folder(offline_folder(settings.feast_folder, USER_BASELINE), "2023-11-14")
    write_offline(baseline_rows([level("p1", 60.0)], from_ms), place / "nightly.parquet")
    found = with_baselines(rows, settings).baseline
    known = (rows.person == "p1") & (rows.window_end_ms >= from_ms)
    assert known.sum() == 4
    assert (found[known, 1:] == 60).all()
    assert np.isnan(found[known, 0]).all()
    assert np.isnan(found[~known]).all()
