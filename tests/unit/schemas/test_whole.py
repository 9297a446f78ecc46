"""Whole or not at all."""

from pathlib import Path

import pytest

from schemas.whole import whole_file, whole_folder, write_whole


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    file = tmp_path / "counts.json"
    write_whole(file, "old")
    with whole_file(file) as unfinished:
        unfinished.write_text("new")
        assert file.read_text() == "old"
    assert file.read_text() == "new"
    assert names(tmp_path) == ["counts.json"]


def test_an_error_leaves_the_old_file_alone(tmp_path: Path) -> None:
    file = tmp_path / "counts.json"
    write_whole(file, "old")
    with pytest.raises(UnicodeEncodeError), whole_file(file) as unfinished:
        unfinished.write_text("new \ud800", encoding="utf-8")
    assert file.read_text() == "old"
    assert names(tmp_path) == ["counts.json"]


def test_what_a_killed_process_left_is_replaced(tmp_path: Path) -> None:
    (tmp_path / ".counts.json").write_text("left over, and longer")
    write_whole(tmp_path / "counts.json", "new")
    assert (tmp_path / "counts.json").read_text() == "new"


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "set"
    for text in ("old", "new"):
        with whole_folder(folder) as fresh:
            (fresh / text).touch()
    assert names(folder) == ["new"]
    assert names(folder.parent) == ["set"]


def test_an_error_leaves_the_old_folder_alone(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    with whole_folder(folder) as fresh:
        (fresh / "old").touch()
    with pytest.raises(FileNotFoundError), whole_folder(folder) as fresh:
        (fresh / "nowhere" / "new").touch()
    assert names(folder) == ["old"]
    assert names(tmp_path) == ["set"]


def test_an_error_leaves_no_parent_that_was_made_for_it(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    with pytest.raises(FileNotFoundError), whole_folder(tmp_path / "old" / "new" / "deep" / "set") as fresh:
        (fresh / "nowhere" / "new").touch()
    assert names(tmp_path) == ["old"]
    assert names(tmp_path / "old") == []


def test_an_error_leaves_a_parent_that_others_use_by_now(tmp_path: Path) -> None:
    def other_writes_and_this_fails() -> None:
        with whole_folder(tmp_path / "new" / "deep" / "set") as fresh:
            (tmp_path / "new" / "other").touch()
            (fresh / "nowhere" / "new").touch()

    with pytest.raises(FileNotFoundError):
        other_writes_and_this_fails()
    assert names(tmp_path / "new") == ["other"]


def test_a_folder_that_cannot_be_moved_brings_the_old_one_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "set"
    with whole_folder(folder) as fresh:
        (fresh / "old").touch()
    rename = Path.rename

    def refuse(path: Path, target: Path) -> Path:
        if path.name == "fresh":
            raise OSError("no space left")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(OSError, match="no space"), whole_folder(folder):
        pass
    assert names(folder) == ["old"]
