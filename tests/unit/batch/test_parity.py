"""`eqm parity` on a history of three people over midnight."""

import json
import math
import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from feature_repo.partitions import day_folder, files
from pipelines.archive.bins import Bin
from pipelines.archive.days import DAY_MS, start_ms
from pipelines.archive.survey import plan_bins
from pipelines.batch.parity import CompareBin
from pipelines.cli.main import main
from pipelines.core.settings import Settings
from pipelines.parity.comparison import RowComparison, total
from pipelines.parity.terms import ParityTerms
from schemas.windows import PHASES
from tests.unit.batch import history
from tests.unit.batch.history import FIRST_DAY, SECOND_DAY

DAYS = (FIRST_DAY, SECOND_DAY)
ASKED = ["--from", FIRST_DAY, "--to", SECOND_DAY]
IN_PROCESS = ["--beam", "--direct_running_mode=in_memory"]
Change = Callable[[dict[str, list[Any]]], object]


def home_with(home: Path, late: history.Late = history.nothing_late) -> Settings:
    settings = Settings(home=home)
    history.write_archive(settings.archive_folder, history.people(3), late=late)
    history.write_streamed(settings.features_folder, settings.archive_folder)
    return settings


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return home_with(tmp_path_factory.mktemp("untouched"))


@pytest.fixture(scope="module")
def with_late(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Each thirtieth reading came too late for the stream."""
    return home_with(tmp_path_factory.mktemp("late"), lambda stream: np.arange(len(stream.timestamp_ms)) % 30 == 1)


@pytest.fixture
def own(untouched: Settings, tmp_path: Path) -> Settings:
    """The untouched history, for a test to change."""
    shutil.copytree(untouched.home, tmp_path / "home")
    return Settings(home=tmp_path / "home")


def changed(settings: Settings, change: Change, day: str = SECOND_DAY) -> dict[str, list[Any]]:
    """Changes a day's stored rows, given as lists by column; returns them as they were."""
    file = day_folder(settings.features_folder, day) / "part-0"
    rows = pq.ParquetFile(file).read()
    lists = rows.to_pydict()
    change(lists)
    pq.write_table(pa.table(lists, schema=rows.schema), file)
    return rows.to_pydict()


def compared(settings: Settings, parts: list[Bin] | None = None, terms: ParityTerms | None = None) -> RowComparison:
    work = CompareBin(settings.archive_folder, settings.features_folder, terms or ParityTerms(), PHASES)
    return total(map(work, parts or plan_bins(settings.archive_folder, DAYS)))


def eqm(settings: Settings, *arguments: str) -> int:
    return main(["--home", str(settings.home), "parity", *ASKED, *arguments, *IN_PROCESS])


def test_an_untouched_history_is_the_same_to_the_last_bit(untouched: Settings) -> None:
    streamed = sum(pq.read_metadata(file).num_rows for file in files(untouched.features_folder))
    assert streamed > 150
    assert compared(untouched, terms=ParityTerms(tolerance=0.0)) == RowComparison(compared=streamed)


def test_one_changed_value_is_found_where_it_is(own: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    before = changed(own, lambda rows: rows["temp_mean"].__setitem__(40, rows["temp_mean"][40] * (1 + 1e-6)))
    assert eqm(own, "--json") == 3
    written = json.loads(capsys.readouterr().out)
    assert [written[name] for name in ("missing", "extra", "differing", "differing_samples")] == [0, 0, 1, 0]
    (name,) = [name for name, column in written["columns"].items() if column["mismatches"]]
    worst, value = written["columns"][name]["worst"], before["temp_mean"][40]
    assert (name, worst["recomputed"], worst["stored"]) == ("temp_mean", value, value * (1 + 1e-6))
    assert worst["user_id"] == before["user_id"][40]
    assert worst["window_start_ms"] == before["window_start_ms"][40]
    assert written["columns"][name]["largest_relative_difference"] == pytest.approx(1e-6, rel=1e-4)
    assert eqm(own, "--tolerance", "1e-5") == 0


def test_a_removed_row_is_missing_and_an_added_one_extra(own: Settings) -> None:
    def change(rows: dict[str, list[Any]]) -> None:
        for values in rows.values():
            values.append(values.pop(7))
        rows["user_id"][-1] = "nobody"

    before = changed(own, change)
    found = compared(own)
    assert found.missing.count == found.extra.count == 1
    assert found.missing.first
    assert found.extra.first
    assert (found.missing.first.user_id, found.extra.first.user_id) == (before["user_id"][7], "nobody")
    assert found.missing.first.window_start_ms == found.extra.first.window_start_ms == before["window_start_ms"][7]
    assert not found.worst_columns()


def test_a_value_that_is_missing_on_one_side_is_a_mismatch(own: Settings) -> None:
    before = changed(own, lambda rows: rows["hr_mean"].__setitem__(5, math.nan))
    ((name, column),) = compared(own).worst_columns()
    assert (name, column.mismatches, column.one_sided) == ("hr_mean", 1, 1)
    assert column.worst
    assert (column.worst.stored, column.worst.recomputed) == (None, before["hr_mean"][5])


def test_late_readings_differ_and_can_be_left_out(with_late: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert eqm(with_late) == 3
    assert "of them in their number of samples" in capsys.readouterr().out
    assert eqm(with_late, "--without-late") == 0
    assert "the same: no row is missing, extra or different" in capsys.readouterr().out
    assert eqm(with_late, "--max-mismatch-rate", "1") == 0
    assert "within the threshold" in capsys.readouterr().out


def test_no_cut_into_bins_changes_the_figures(with_late: Settings) -> None:
    whole = [Bin(start_ms(day), start_ms(day) + DAY_MS) for day in DAYS]
    edges = [start_ms(SECOND_DAY) + n * 35_000 for n in range(9)]
    minutes = [Bin(one, other) for one, other in pairwise(edges)]
    ends = [Bin(whole[0].first_ms, whole[0].last_ms - 60_000), Bin(whole[0].last_ms - 60_000, whole[0].last_ms)]
    found = compared(with_late, whole)
    assert found.differing.count > 100
    assert compared(with_late, [*reversed(minutes), *ends]) == found


def test_the_outcome_appears_whole_and_replaces_an_older_one(untouched: Settings, tmp_path: Path) -> None:
    place = tmp_path / "outcome"
    for _ in range(2):
        assert eqm(untouched, "--output", str(place)) == 0
        assert sorted(each.name for each in place.iterdir()) == ["parity.json", "report.html"]
        assert [each.name for each in tmp_path.iterdir()] == ["outcome"]
    assert json.loads((place / "parity.json").read_text("utf-8"))["within"] is True
    assert "The same: no row is missing" in (place / "report.html").read_text("utf-8")


@pytest.mark.parametrize("folder", ["archive_folder", "features_folder"])
def test_a_torn_file_is_one_line_and_leaves_the_older_outcome(
    folder: str, own: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    place = own.home / "parity" / "older"
    place.mkdir(parents=True)
    (place / "parity.json").write_text("older", "utf-8")
    torn = day_folder(getattr(own, folder), SECOND_DAY) / "part-0"
    torn.write_bytes(torn.read_bytes()[:-100])
    assert eqm(own, "--output", str(place)) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"eqm: {getattr(own, folder)}")
    assert (place / "parity.json").read_text("utf-8") == "older"
    assert [each.name for each in place.parent.iterdir()] == ["older"]


def test_days_without_anything_are_an_error(untouched: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--home", str(untouched.home), "parity", "--from", "2020-01-01", "--to", "2020-01-01"]
    assert main([*given, *IN_PROCESS]) == 1
    assert "nothing to compare from 2020-01-01 to 2020-01-01" in capsys.readouterr().err
    assert not (untouched.home / "parity" / "2020-01-01_2020-01-01").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--archive", "nowhere"], "no archive at"),
        (["--tolerance", "nan"], "--tolerance nan"),
        (["--max-mismatch-rate", "2"], "--max-mismatch-rate 2.0"),
        (["--output", "."], "holds other files"),
        (["--output", "/dev/null/below"], "cannot be written"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(
    arguments: list[str], said: str, untouched: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert eqm(untouched, *arguments) == 1
    assert said in capsys.readouterr().err


def test_options_of_beam_are_taken_only_where_they_are_announced(untouched: Settings) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--home", str(untouched.home), "parity", *ASKED, "--runner=DirectRunner"])
    assert ended.value.code == 2
