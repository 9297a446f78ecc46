"""Enrolment over a short archive: what is written, when it is refused, and that neither engine is needed."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from feature_repo.columns import EVENT_TIMESTAMP, USER_BASELINE
from feature_repo.online import read_newest
from feature_repo.partitions import files
from feature_repo.store import apply, open_store
from pipelines.baselines.enrolment import LEAST_WINDOWS, STRETCH_MS, Period, enrol, features_by_user, instant_ms
from pipelines.cli.main import main
from pipelines.core.errors import FeatureStoreError, InputError, SettingsError
from pipelines.core.settings import Settings
from pipelines.features.compute import compute_windows
from pipelines.features.windowing import windows
from pipelines.sources.recording import accepted, to_samples
from schemas.feature_table import FEATURE_NAMES
from schemas.windows import PHASES, WINDOW_MS, user_phase_ms
from tests.unit.batch import history

PEOPLE = history.people(2)
USER = PEOPLE[1].user_id
PHASE_MS = user_phase_ms(USER, PHASES)
PERIOD = Period(history.START_MS + 7_000, history.START_MS + 200_000)
"""Across midnight."""
NOW_MS = history.START_MS + 86_400_000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    history.write_archive(settings.archive_folder, PEOPLE, late=lambda stream: stream.timestamp_ms % 7 == 0)
    apply("local", settings.feast_folder)
    return settings.home


@pytest.fixture
def settings(made: Path, tmp_path: Path) -> Settings:
    """A home of its own feature store, and everybody's archive."""
    (tmp_path / "archive").symlink_to(made / "archive")
    apply("local", tmp_path / "feast")
    return Settings(home=tmp_path)


def expected(period: Period) -> np.ndarray:
    formed = windows(to_samples(accepted(PEOPLE[1])), PHASE_MS)
    found = compute_windows(formed.window_start_ms, formed.samples, formed.offsets)
    inside = (formed.window_start_ms >= period.from_ms) & (formed.window_start_ms + WINDOW_MS <= period.to_ms)
    return found.features[inside]


def written(settings: Settings) -> list[Path]:
    return files(settings.feast_folder / "offline" / USER_BASELINE)


def test_all_windows_of_the_period_make_the_baseline(settings: Settings) -> None:
    done = enrol(settings, USER, PERIOD, now_ms=NOW_MS)
    features = expected(PERIOD)
    assert done.windows == done.windows_of_period == PERIOD.windows(PHASE_MS) == len(features) == 27
    (file,) = written(settings)
    assert file.parent.name == "day=2026-03-01"
    (row,) = pq.read_table(file).to_pylist()
    assert (row["user_id"], row["baseline_windows"]) == (USER, 27)
    assert row[EVENT_TIMESTAMP].timestamp() * 1000 == pytest.approx(PERIOD.to_ms)
    for index, name in enumerate(FEATURE_NAMES):
        known = features[:, index][~np.isnan(features[:, index])]
        mean = known.mean() if len(known) else np.nan
        std = known.std(ddof=1) if len(known) > 1 else np.nan
        assert row[f"baseline_mean_{name}"] == pytest.approx(mean, rel=1e-12, abs=1e-12, nan_ok=True)
        assert row[f"baseline_std_{name}"] == pytest.approx(std, rel=1e-9, abs=1e-12, nan_ok=True)
    online = read_newest(open_store("local", settings.feast_folder), USER_BASELINE, [USER])[0]
    assert online is not None
    assert (online.event_timestamp_ms, online.values["baseline_mean_hr_mean"]) == (
        PERIOD.to_ms,
        row["baseline_mean_hr_mean"],
    )


def test_again_changes_nothing_and_another_period_adds_a_row(settings: Settings) -> None:
    enrol(settings, USER, PERIOD, now_ms=NOW_MS)
    before = written(settings)[0].read_bytes()
    enrol(settings, USER, PERIOD, now_ms=NOW_MS)
    assert [file.read_bytes() for file in written(settings)] == [before]
    earlier = Period(PERIOD.from_ms, PERIOD.to_ms - 50_000)
    assert not enrol(settings, USER, earlier, now_ms=NOW_MS).online, "the online store holds a fresher one"
    assert len(written(settings)) == 2


@pytest.mark.parametrize(
    ("from_ms", "to_ms"),
    [(0, 0), (1, 60_000), (0, 60_000), (4_999, 1_200_001), (60_000, 0), (5_000, 1_199_999), (599_000, 601_000)],
)
@pytest.mark.parametrize("phase_ms", [0, 250, 1_750, 4_999])
def test_the_parts_of_a_period_hold_its_windows(from_ms: int, to_ms: int, phase_ms: int) -> None:
    period, all_ends = Period(from_ms, to_ms), range(phase_ms, 2_000_000, 5_000)
    ends = [end for part in period.parts for end in all_ends if part.first_ms <= end < part.last_ms]
    assert ends == [end for end in all_ends if end - WINDOW_MS >= from_ms and end <= to_ms]
    assert len(ends) == period.windows(phase_ms)
    assert all(part.last_ms - part.first_ms <= STRETCH_MS for part in period.parts)


def test_parts_give_the_windows_of_the_whole(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.baselines.enrolment.STRETCH_MS", 40_000)
    found = features_by_user(settings.archive_folder, {USER: [PERIOD]}, PHASES)
    np.testing.assert_array_equal(found[USER], expected(PERIOD))


@pytest.mark.parametrize(
    ("user", "from_ms", "to_ms", "error", "says"),
    [
        (USER, 0, 110_000, SettingsError, r"only 10 windows fit, where 12 are needed: give 120 s or more"),
        (USER, 90_000, 0, SettingsError, r"only 0 windows fit"),
        (USER, 0, 2 * 86_400_000, SettingsError, r"not over"),
        ("nobody", 0, 200_000, InputError, r"has 0 windows of nobody from 2026-02-28T23:58:00\+00:00 to 2026-03-01"),
        (USER, 195_000, 400_000, InputError, r"has 1 windows of"),
    ],
)
def test_refused_with_nothing_written(
    settings: Settings, user: str, from_ms: int, to_ms: int, error: type[Exception], says: str
) -> None:
    period = Period(history.START_MS + from_ms, history.START_MS + to_ms)
    with pytest.raises(error, match=says):
        enrol(settings, user, period, now_ms=NOW_MS)
    assert written(settings) == []


def test_without_a_store_nothing_is_written(made: Path, tmp_path: Path) -> None:
    (tmp_path / "archive").symlink_to(made / "archive")
    with pytest.raises(FeatureStoreError, match="eqm up"):
        enrol(Settings(home=tmp_path), USER, PERIOD, now_ms=NOW_MS)
    assert not (tmp_path / "feast").exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2026-03-01T12:00:00", "no time zone"),
        ("noon", "no instant"),
        ("1772362800", "between 2000 and 2100"),
        ("-1", "no instant"),
    ],
)
def test_instants_that_are_none(text: str, says: str) -> None:
    with pytest.raises(SettingsError, match=f"--from {text}.*{says}"):
        instant_ms("--from", text)


def test_the_command(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    period = ["--from", "2026-02-28T23:58:00Z", "--to", "2026-03-01T01:00:00+01:00"]
    assert main(["--home", str(settings.home), "enrol", USER, *period, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["user_id"], facts["windows"], facts["online"]) == (USER, LEAST_WINDOWS, True)
    assert main(["--home", str(settings.home), "enrol", USER, *period]) == 0
    assert "12 of 12 windows" in capsys.readouterr().out
    assert main(["--home", str(settings.home), "enrol", "eve", *period]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_neither_engine_is_imported() -> None:
    ask = (
        "import sys, pipelines.baselines.enrolment; print({'apache_beam', 'pyflink', 'feast'} & set(sys.modules) or '')"
    )
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
