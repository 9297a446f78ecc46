"""Baselines as they were known, enrolments neither trained on nor scored, and bad labels said."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from models.core.dataset import Dataset
from pipelines.core.errors import InputError, TrainingError
from pipelines.datasets.evaluation_windows import EnrolmentTerms, EvaluationWindows, of_recordings, of_training_set
from schemas.feature_table import FEATURE_INDEX
from schemas.windows import HOP_MS, PHASES, WINDOW_MS, user_phase_ms
from tests.unit.models.people import made_up
from tests.unit.models.test_training_set import write

START_MS = 1_644_228_000_000
MINUTE_MS = 60_000
HR = FEATURE_INDEX["hr_mean"]


def iso(minute: float) -> str:
    return datetime.fromtimestamp((START_MS + minute * MINUTE_MS) / 1000, UTC).isoformat()


def recording(folder: Path, name: str, levels: list[int], *, from_minute: int = 0) -> None:
    """A heart rate of one level a minute, once a second."""
    (folder / name).mkdir(parents=True)
    values = np.repeat(levels, 60) + np.tile([0, 1], 30 * len(levels))
    lines = [str(START_MS // 1000 + 60 * from_minute), "1", *map(str, values)]
    (folder / name / "HR.csv").write_text("\n".join(lines) + "\n")


def labels(folder: Path, *rows: tuple[str, str, str, str, float, float]) -> None:
    lines = [",".join([*row[:4], iso(row[4]), iso(row[5])]) for row in rows]
    (folder / "labels.csv").write_text("\n".join(["recording,wearer,block,state,start_utc,end_utc", *lines]) + "\n")


def read(*folders: Path, phases: int = 1, **terms: object) -> EvaluationWindows:
    terms_given = EnrolmentTerms(**terms)  # type: ignore[arg-type]
    return of_recordings(folders, phases, terms_given, lambda done, total: None)


@pytest.fixture
def seated(tmp_path: Path) -> Path:
    """Four minutes of stress, four of enrolment, four of calm."""
    folder = tmp_path / "seated"
    recording(folder, "A", [90] * 4 + [60] * 4 + [70] * 4)
    labels(
        folder,
        ("A", "ann", "talk", "stress", 0, 4),
        ("A", "ann", "my baseline", "calm", 4, 8),
        ("A", "ann", "rest", "calm", 8, 12),
    )
    return folder


def test_a_baseline_is_the_enrolments_mean_and_never_known_before_its_end(seated: Path) -> None:
    found = read(seated).windows
    ends = (found.dataset.window_end_ms - START_MS) / MINUTE_MS
    known = np.isfinite(found.dataset.baseline[:, HR])
    assert (known == (ends >= 8)).all()
    np.testing.assert_allclose(found.dataset.baseline[known, HR], 60.5)


def test_enrolment_and_what_was_before_it_are_neither_trained_on_nor_scored(seated: Path) -> None:
    found = read(seated)
    starts = (found.windows.dataset.window_end_ms - START_MS) / MINUTE_MS - 1
    assert found.windows.trained.any()
    assert (starts[found.windows.trained] >= 8).all()
    assert (found.windows.trained == found.windows.scored).all()
    assert found.left_out["enrolment"] > 40
    assert found.left_out["before_enrolment"] > 30
    assert sum(found.left_out.values()) + found.windows.trained.sum() == len(starts)


def test_windows_before_the_enrolment_can_be_scored_without_a_baseline(seated: Path) -> None:
    found = read(seated, score_before_enrolment=True).windows
    early = found.scored & ~found.trained
    assert early.any()
    assert np.isnan(found.dataset.baseline[early]).all()
    assert set(found.dataset.label[early]) == {1}


def test_an_enrolment_on_a_later_day_says_nothing_of_an_earlier_recording(tmp_path: Path) -> None:
    folder = tmp_path / "active"
    recording(folder, "run", [120] * 3)
    recording(folder, "sit", [60] * 6, from_minute=1440)
    labels(
        folder,
        ("run", "bob", "run", "exercise", 0, 3),
        ("sit", "bob", "baseline", "calm", 1440, 1443),
        ("sit", "bob", "sums", "stress", 1443, 1446),
    )
    found = read(folder).windows
    earlier = found.dataset.window_end_ms < START_MS + 1000 * MINUTE_MS
    assert earlier.any()
    assert np.isnan(found.dataset.baseline[earlier]).all()
    assert not found.trained[earlier].any()


def test_without_an_enrolment_everything_counts_without_a_baseline(seated: Path) -> None:
    found = read(seated, enrolment_block="nobody calls it so").windows
    assert np.isnan(found.dataset.baseline).all()
    assert set(found.dataset.label[found.trained]) == {0, 1}


def test_too_short_an_enrolment_makes_no_baseline(tmp_path: Path) -> None:
    folder = tmp_path / "seated"
    recording(folder, "A", [60] * 6)
    labels(folder, ("A", "ann", "baseline", "calm", 0, 1.5), ("A", "ann", "talk", "stress", 1.5, 6))
    assert np.isnan(read(folder).windows.dataset.baseline).all()


def test_sets_are_the_folders_and_a_wearer_is_in_one(seated: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    recording(other, "B", [60] * 6)
    labels(other, ("B", "bob", "baseline", "calm", 0, 3), ("B", "bob", "talk", "stress", 3, 6))
    assert read(tmp_path).windows.sets == ("other", "seated")
    (other / "B" / "HR.csv").unlink()
    (other / "B").rmdir()
    recording(other, "B", [60] * 6, from_minute=60)
    labels(other, ("B", "ann", "baseline", "calm", 60, 63))
    with pytest.raises(TrainingError, match="ann is in other and seated: give different people different ids"):
        read(tmp_path)


def test_one_wearers_recordings_of_one_time_are_refused(seated: Path) -> None:
    recording(seated, "B", [60] * 6)
    labels(seated, *(row for name in "AB" for row in [(name, "ann", "baseline", "calm", 0, 3)]))
    with pytest.raises(InputError, match=r"seated/A and .*seated/B both hold hr of ann's sensor e4-hr"):
        read(seated)


def test_labels_without_recording_are_said(seated: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = seated / "labels.csv"
    file.write_text(file.read_text() + f"Z,eve,rest,calm,{iso(0)},{iso(1)}\n")
    assert set(read(seated).windows.dataset.people) == {"ann"}
    assert capsys.readouterr().err == f"eqm: {file}, line 5: no recording 'Z' beside it; its labels are left out\n"


TWENTY_FIVE_SECONDS = ("A", "ann", "talk", "stress", 1, 1 + 25 / 60)


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_short_label_is_no_longer_for_being_repeated(tmp_path: Path, times: int) -> None:
    folder = tmp_path / "seated"
    recording(folder, "A", [60] * 8)
    labels(folder, *[TWENTY_FIVE_SECONDS] * times, ("A", "ann", "rest", "calm", 4, 8))
    found = read(folder).windows.dataset
    assert set(found.label_names) == {"calm", "stress"}
    assert not (found.label[read(folder).windows.scored] == found.label_names.index("stress")).any()


def test_windows_of_contradictory_labels_are_counted_and_make_no_baseline(tmp_path: Path) -> None:
    folder = tmp_path / "seated"
    recording(folder, "A", [60] * 4 + [120] * 4 + [70] * 4)
    block = ("A", "ann", "baseline", "calm", 0, 8)
    labels(folder, block, ("A", "ann", "talk", "stress", 4, 8), ("A", "ann", "rest", "calm", 8, 12))
    found = read(folder)
    level = found.windows.dataset.baseline[:, HR]
    np.testing.assert_allclose(level[np.isfinite(level)], 60.5)
    touching = sum(180 < start_s < 480 for start_s in range(-55, 720, 5))
    assert found.left_out["overlapping_labels"] == touching


def test_windows_of_recordings_end_at_their_wearers_phase(seated: Path) -> None:
    ends = read(seated, phases=PHASES).windows.dataset.window_end_ms
    assert set((ends % HOP_MS).tolist()) == {user_phase_ms("ann", PHASES)} == {1_750}
    assert set((read(seated).windows.dataset.window_end_ms % HOP_MS).tolist()) == {0}


def test_unlabelled_recordings_and_two_wearers_are_said(tmp_path: Path) -> None:
    folder = tmp_path / "seated"
    recording(folder, "A", [60] * 3)
    with pytest.raises(InputError, match=r"none of 1 recordings has a row in a labels\.csv"):
        read(folder)
    labels(folder, ("A", "ann", "x", "calm", 0, 1), ("A", "bob", "x", "stress", 1, 2))
    with pytest.raises(InputError, match="recording 'A' has the wearers 'ann' in line 2 and 'bob' in line 3; name one"):
        read(folder)


def known_from(dataset: Dataset, window: int, *people: str) -> Dataset:
    """The same windows; these people's baseline is known from their window of this number on, the others' never."""
    place = (dataset.window_end_ms - dataset.window_end_ms.min()) // HOP_MS
    unknown = (place < window) | ~np.isin(dataset.person, people)
    return replace(dataset, baseline=np.where(unknown[:, None], np.float32(np.nan), dataset.baseline))


@pytest.mark.parametrize("split", ["person", "time"])
def test_a_training_sets_windows_from_before_a_baseline_do_not_count(tmp_path: Path, split: str) -> None:
    folder = tmp_path / "made"
    folder.mkdir()
    write(folder, known_from(made_up(windows=40), 8, "p0", "p1", "p2", "p3"), split)
    found = of_training_set(folder)
    data = found.windows.dataset
    assert (found.windows.trained == found.windows.scored).all()
    begins = (data.window_end_ms - data.window_end_ms.min()) // HOP_MS * HOP_MS - WINDOW_MS
    late = begins >= 7 * HOP_MS  # the eighth window, the last of before, ends then
    enrolled = np.isin(data.person, ["p0", "p1", "p2", "p3"])
    assert late[enrolled].any()
    np.testing.assert_array_equal(found.windows.scored, ~enrolled | late)
    assert found.left_out == {"before_a_baseline": int((enrolled & ~late).sum())}
    assert found.windows.sets == ("made",)
    assert found.windows.kind == "simulated people"


def test_a_training_sets_windows_without_any_signal_do_not_count(tmp_path: Path) -> None:
    dataset = made_up()
    silent = dataset.person == "p2"
    write(
        tmp_path, replace(dataset, features=np.where(silent[:, None], np.float32(np.nan), dataset.features)), "person"
    )
    found = of_training_set(tmp_path)
    assert found.left_out == {"without_signal": 24}
    assert not found.windows.scored[found.windows.dataset.person == "p2"].any()


def test_a_training_set_without_any_baseline_counts_whole(tmp_path: Path) -> None:
    write(tmp_path, known_from(made_up(), 0), "person")
    found = of_training_set(tmp_path)
    assert found.windows.scored.all()
    assert found.left_out == {}
