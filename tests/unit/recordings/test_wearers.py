"""labels.csv beside sessions: whose each is, and what does not fit is refused or said."""

from pathlib import Path

import pytest

from pipelines.core.errors import InputError
from pipelines.recordings.discover import recordings, sources
from pipelines.recordings.session import Session
from tests.unit.recordings.on_disk import (
    MINUTE_MS,
    START_MS,
    START_S,
    e4_texts,
    labels,
    lines,
    reading,
    session,
    zipped,
)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.mark.parametrize("row", ["S01,p1", " S01 , p1 ", "\tS01,p1", "S01\u00a0,p1"])
def test_spaces_around_names_do_not_count(tmp_path: Path, said: list[str], row: str) -> None:
    session(tmp_path / "S01")
    labels(tmp_path, row)
    (found,) = recordings([tmp_path], said.append)
    assert found.user_id == "p1"
    (label,) = found.labels
    assert (label.label, label.start_ms, label.end_ms) == ("calm", START_MS, START_MS + MINUTE_MS)
    assert said == []


def test_a_row_that_is_repeated_is_one_label(tmp_path: Path) -> None:
    session(tmp_path / "S01")
    labels(tmp_path, "S01,p1", "S01,p1")
    (found,) = recordings([tmp_path])
    assert len(found.labels) == 1


def test_blocks_are_in_order_of_time_with_their_names(tmp_path: Path) -> None:
    session(tmp_path / "S01")
    file = labels(tmp_path, "S01,p1")
    late = "S01,p1,sums,stress,2022-04-15T05:21:00Z,2022-04-15T05:22:00Z"
    header, row = file.read_text().splitlines()
    file.write_text("\n".join([header, late, row]))
    (found,) = sources([tmp_path])
    assert isinstance(found, Session)
    assert [(block.name, block.label.label) for block in found.blocks] == [("rest", "calm"), ("sums", "stress")]


@pytest.mark.parametrize("name", ["s01", "S 01", "s 0 1"])
def test_a_recording_spelled_differently_is_refused(tmp_path: Path, name: str) -> None:
    session(tmp_path / "S01")
    file = labels(tmp_path, f"{name},p1")
    with pytest.raises(InputError) as error:
        recordings([tmp_path / "S01"])
    assert str(error.value) == f"{file}, line 2: recording '{name}' is called 'S01' on disk; write it as there"


def test_two_sessions_that_differ_in_case_alone_are_two(tmp_path: Path) -> None:
    session(tmp_path / "S01")
    session(tmp_path / "s01")
    labels(tmp_path, "S01,ann", "s01,bob")
    assert sorted(each.user_id for each in recordings([tmp_path])) == ["ann", "bob"]


def test_a_composed_letter_is_the_same_letter(tmp_path: Path) -> None:
    session(tmp_path / "Zoe\u0308")
    labels(tmp_path, "Zo\u00eb,p1")
    assert [each.user_id for each in recordings([tmp_path])] == ["p1"]


@pytest.mark.parametrize("second", ["p2", "P1", "p 1"])
def test_two_wearers_of_one_recording_are_refused(tmp_path: Path, second: str) -> None:
    session(tmp_path / "S01")
    file = labels(tmp_path, "S01,p1", "S02,p2", f"S01,{second}")
    with pytest.raises(InputError) as error:
        recordings([tmp_path])
    assert str(error.value) == (
        f"{file}: recording 'S01' has the wearers 'p1' in line 2 and '{second}' in line 4; name one"
    )


def test_labels_without_recording_and_recordings_without_labels_are_said(tmp_path: Path, said: list[str]) -> None:
    for name in ("S01", "S02"):
        session(tmp_path / name)
    file = labels(tmp_path, "S01,p1", "S09,p9", "S09,p9")
    assert [each.user_id for each in recordings([tmp_path], said.append)] == ["p1", "S02"]
    assert said == [
        f"{file}, line 3: no recording 'S09' beside it; its labels are left out",
        f"{file} has no row of 'S02', which so has no labels and is named after its folder",
    ]


def test_a_session_named_alone_says_nothing_of_the_others(tmp_path: Path, said: list[str]) -> None:
    session(tmp_path / "S01")
    labels(tmp_path, "S01,p1", "S09,p9")
    assert [each.user_id for each in recordings([tmp_path / "S01"], said.append)] == ["p1"]
    assert said == []


def test_labels_beside_no_session_are_said(tmp_path: Path, said: list[str]) -> None:
    lines(tmp_path / "day.jsonl", reading(0))
    file = labels(tmp_path, "day,p1")
    recordings([tmp_path], said.append)
    assert said == [f"skipped {file}: no E4 recording beside it"]


def test_labels_are_found_in_any_case(tmp_path: Path) -> None:
    session(tmp_path / "S01")
    labels(tmp_path, "S01,p1").rename(tmp_path / "Labels.CSV")
    assert [each.user_id for each in recordings([tmp_path / "S01"])] == ["p1"]


def test_a_row_without_recording_is_refused(tmp_path: Path) -> None:
    session(tmp_path / "S01")
    labels(tmp_path, "S01,p1", ",p1")
    with pytest.raises(InputError, match=r"labels\.csv, line 3: no recording; name the folder"):
        recordings([tmp_path])


def test_a_zip_is_labelled_as_the_folder_in_it(tmp_path: Path) -> None:
    zipped(tmp_path / "S01.zip", e4_texts())
    session(tmp_path / "S02", start_s=START_S + 86_400)
    labels(tmp_path, "S01,p1", "S02,p1")
    assert [each.user_id for each in recordings([tmp_path])] == ["p1", "p1"]
