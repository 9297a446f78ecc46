"""What a survey says of a day is what recomputing it finds; plans follow what is there."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from pipelines.archive.bins import Bin
from pipelines.archive.days import DAY_MS, Days, start_ms
from pipelines.archive.survey import bins, occupied, survey
from pipelines.batch.bin_rows import recomputed_rows
from pipelines.core.errors import SettingsError
from pipelines.sources.recording import Stream
from schemas.windows import PHASES
from tests.unit.batch import history
from tests.unit.batch.history import FIRST_DAY, SECOND_DAY


def every_ninth(stream: Stream) -> np.ndarray:
    return np.arange(len(stream.timestamp_ms)) % 9 == 0


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home") / "archive"
    history.write_archive(folder, history.people(20, seconds=180), late=every_ninth)
    return folder


@pytest.mark.parametrize("phases", [1, PHASES, 5_000])
@pytest.mark.parametrize("day", [FIRST_DAY, SECOND_DAY])
def test_it_counts_the_windows_that_recomputing_gives(archive: Path, day: str, phases: int) -> None:
    found = survey(archive, day, phases)
    rows = recomputed_rows(archive, Bin(start_ms(day), start_ms(day) + DAY_MS), phases)
    assert found.windows == rows.num_rows > 0
    assert found.touched > 0.9 * found.windows
    assert found.readings == found.per_minute.sum() == sum(found.per_user.values())
    assert found.late == pytest.approx(found.readings / 9, rel=0.1)
    assert len(found.per_user) == 20


def test_late_readings_touch_the_twelve_windows_that_hold_them(tmp_path: Path) -> None:
    def one_late(stream: Stream) -> np.ndarray:
        return stream.timestamp_ms == np.min(stream.timestamp_ms[stream.timestamp_ms >= start_ms(SECOND_DAY) + 10_000])

    person = history.people(1, seconds=240)[0]
    history.write_archive(tmp_path, [type(person)(person.user_id, person.streams[:1])], late=one_late)
    assert [survey(tmp_path, day, PHASES).touched for day in (FIRST_DAY, SECOND_DAY)] == [0, 12]


def test_a_day_is_cut_where_its_readings_are(archive: Path) -> None:
    found = survey(archive, SECOND_DAY, PHASES)
    parts = bins(found, at_once=found.readings // 2 + 1)
    assert (parts[0].first_ms, parts[-1].last_ms) == (start_ms(SECOND_DAY), start_ms(SECOND_DAY) + DAY_MS)
    assert len(parts) >= 2
    assert all(one.last_ms == other.first_ms for one, other in pairwise(parts))
    assert len({part.name for part in parts}) == len(parts)


def test_empty_days_are_not_planned(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "day=2026-03-09").mkdir()
    asked = ["2026-02-27", FIRST_DAY, SECOND_DAY, "2026-03-02", "2026-03-03", "2026-03-09"]
    assert occupied(asked, archive, tmp_path) == [FIRST_DAY, SECOND_DAY, "2026-03-02", "2026-03-09"]


def test_days_are_written_as_dates_or_words() -> None:
    now_ms = start_ms("2026-03-05") + 1
    assert list(Days.between("3-days-ago", "yesterday", now_ms=now_ms)) == ["2026-03-02", "2026-03-03", "2026-03-04"]
    for text in ("soon", "2026-3-1", "x-days-ago"):
        with pytest.raises(SettingsError, match=f"--from {text} is no day: write YYYY-MM-DD"):
            Days.between(text, "today", now_ms=now_ms)
