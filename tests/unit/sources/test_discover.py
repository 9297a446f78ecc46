import shutil
from pathlib import Path

import pytest

from pipelines.core.errors import InputError
from pipelines.sources.discover import recordings, sources

LINE = '{"timestamp":1644228000000,"user_id":"ann","sensor_id":"wrist","measurements":{"hr":70}}\n'


def test_finds_folders_and_files_at_any_depth_once(tmp_path: Path, e4_folder: Path) -> None:
    shutil.copytree(e4_folder, tmp_path / "deeper" / "A02")
    (tmp_path / "deeper" / "day.jsonl").write_text(LINE)
    (tmp_path / "deeper" / "notes.txt").write_text("nothing")
    assert [each.path.name for each in sources([tmp_path])] == ["A01", "A02", "day.jsonl"]
    assert [each.path.name for each in sources([e4_folder, tmp_path])] == ["A01", "A02", "day.jsonl"]
    assert [each.user_id for each in recordings([tmp_path])] == ["A01", "A02", "ann"]


def test_a_folder_alone_and_a_file_alone(e4_folder: Path) -> None:
    (e4_folder.parent / "day.jsonl").write_text(LINE)
    assert [each.user_id for each in recordings([e4_folder])] == ["A01"]
    assert [each.user_id for each in recordings([e4_folder.parent / "day.jsonl"])] == ["ann"]


@pytest.mark.parametrize("name", ["missing", "empty"])
def test_nothing_there_says_what_to_give(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=name):
        recordings([tmp_path / name])


def test_no_paths_at_all() -> None:
    with pytest.raises(InputError, match="name E4 folders"):
        sources([])
