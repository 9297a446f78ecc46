"""A bin's rows are those of the whole history, wherever it is cut."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from feature_repo.columns import EVENT_TIMESTAMP
from pipelines.archive.bins import Bin
from pipelines.archive.days import DAY_MS, start_ms
from pipelines.archive.survey import bins, survey
from pipelines.batch.bin_rows import recomputed_rows
from pipelines.features.compute import VECTOR_NAMES, compute_windows
from pipelines.features.windowing import windows
from pipelines.sources.recording import to_samples
from schemas.windows import PHASES, user_phase_ms
from tests.unit.batch import history
from tests.unit.batch.history import FIRST_DAY, SECOND_DAY


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home") / "archive"
    history.write_archive(folder, history.people(2))
    return folder


@pytest.mark.parametrize("at_once", [1, 100, 10**12])
def test_bins_cover_a_day_without_gap_or_overlap(archive: Path, at_once: int) -> None:
    parts = bins(survey(archive, FIRST_DAY, PHASES), at_once=at_once)
    assert (parts[0].first_ms, parts[-1].last_ms) == (start_ms(FIRST_DAY), start_ms(FIRST_DAY) + DAY_MS)
    assert all(one.last_ms == other.first_ms for one, other in pairwise(parts))
    assert [part.name for part in parts] == sorted(part.name for part in parts)


@pytest.mark.parametrize("phases", [1, PHASES])
def test_rows_are_the_windows_of_the_whole_history(archive: Path, phases: int) -> None:
    days = [Bin(start_ms(day), start_ms(day) + DAY_MS) for day in (FIRST_DAY, SECOND_DAY)]
    found = pa.concat_tables([recomputed_rows(archive, day, phases) for day in days])
    for person in history.people(2):
        whole = windows(to_samples(person), user_phase_ms(person.user_id, phases))
        mine = found.filter(pa.compute.equal(found["user_id"], person.user_id))
        assert mine["window_start_ms"].to_pylist() == whole.window_start_ms.tolist()
        computed = compute_windows(whole.window_start_ms, whole.samples, whole.offsets)
        np.testing.assert_array_equal(np.stack([mine[n].to_numpy() for n in VECTOR_NAMES], axis=1), computed.vector())
        assert mine["samples"].to_pylist() == computed.samples.tolist()


def test_no_row_depends_on_where_a_day_is_cut(archive: Path) -> None:
    at_once = recomputed_rows(archive, Bin(start_ms(SECOND_DAY), start_ms(SECOND_DAY) + DAY_MS), PHASES)
    minutes = [start_ms(SECOND_DAY) + n * 64_900 for n in range(5)]
    parts = [recomputed_rows(archive, Bin(one, other), PHASES) for one, other in pairwise(minutes)]
    in_parts = pa.concat_tables(parts).sort_by([("user_id", "ascending"), (EVENT_TIMESTAMP, "ascending")])
    assert in_parts.num_rows == at_once.num_rows > 0
    assert same(in_parts, at_once)


def same(one: pa.Table, other: pa.Table) -> bool:
    """Equal with NaN equal to NaN, which Arrow's `equals` denies."""
    pairs = [(one[name].to_numpy(), other[name].to_numpy()) for name in one.column_names]
    return all(np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in pairs)


def test_late_readings_can_be_left_out(archive: Path, tmp_path: Path) -> None:
    history.write_archive(tmp_path, history.people(2), late=lambda stream: np.arange(len(stream.timestamp_ms)) % 2 == 1)
    part = Bin(start_ms(SECOND_DAY), start_ms(SECOND_DAY) + DAY_MS)
    whole, halved = (recomputed_rows(tmp_path, part, PHASES, late=late) for late in (True, False))
    assert same(whole, recomputed_rows(archive, part, PHASES))
    assert sum(halved["samples"].to_pylist()) == pytest.approx(sum(whole["samples"].to_pylist()) / 2, rel=0.05)
