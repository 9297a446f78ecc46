"""Labels from CSV files of both layouts."""

from pathlib import Path

import pytest

from pipelines.core.errors import InputError
from pipelines.labels.csv_files import read_labels_csv

RECORDED = """recording,wearer,block,state,start_utc,end_utc
S01,sp-01,rest,calm,2022-02-07T09:00:00Z,2022-02-07T09:05:00Z
S01,sp-01,stroop,stress,2022-02-07T09:05:00Z,2022-02-07T09:09:00Z
S02,sp-02,rest,calm,2022-02-07T09:00:00Z,2022-02-07T09:05:00Z
"""
IN_MS = "user_id,label,start_ms,end_ms,source\nann,calm,1644224400000,1644224700000,self-report\n"
IN_UTC = "\ufefflabel,user_id,start_utc,end_utc\ncalm,ann,2022-02-07T09:00:00,2022-02-07T10:05:00+01:00\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "labels.csv"


def test_recordings_layout(file: Path) -> None:
    file.write_text(RECORDED)
    found = read_labels_csv(file)
    assert [(each.label, each.end_ms - each.start_ms) for each in found["sp-01"]] == [
        ("calm", 300_000),
        ("stress", 240_000),
    ]
    assert list(found) == ["sp-01", "sp-02"]


@pytest.mark.parametrize(("text", "source"), [(IN_MS, "self-report"), (IN_UTC, "protocol")])
def test_plain_layout_with_either_kind_of_time(file: Path, text: str, source: str) -> None:
    file.write_text(text, encoding="utf-8")
    (found,) = read_labels_csv(file)["ann"]
    assert found.model_dump() == {
        "user_id": "ann",
        "label": "calm",
        "start_ms": 1_644_224_400_000,
        "end_ms": 1_644_224_700_000,
        "source": source,
    }


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", r"line 1: no column user_id, label, start_utc, end_utc"),
        ("user_id,label,start_ms\n", r"line 1: no column end_utc"),
        ("recording,wearer,state\n", r"line 1: no column start_utc, end_utc"),
        ("user_id,label,start_ms,end_ms\n", "holds no label"),
        (IN_MS + "ann,calm,1644224400000,1644224400000,\n", "line 3: needs a user_id"),
        (IN_MS + "ann,calm,soon,1644224400000,\n", "line 3"),
        (IN_MS + "ann\n", "line 3"),
        (IN_MS + ",calm,1644224400000,1644224500000,\n", "line 3"),
        (IN_MS + "ann,,1644224400000,1644224500000,\n", "line 3"),
        (IN_MS + "ann,calm,1,2,\n", "line 3"),
        (RECORDED + "S02,sp-02,x,calm,2022-02-07,yesterday\n", "line 5: needs a wearer"),
    ],
)
def test_a_bad_file_is_one_error_with_its_line(file: Path, text: str, line: str) -> None:
    file.write_text(text)
    with pytest.raises(InputError, match=rf"labels\.csv(, | ).*{line}|labels\.csv, {line}"):
        read_labels_csv(file)


def test_no_file(file: Path) -> None:
    with pytest.raises(InputError, match=r"labels\.csv cannot be read"):
        read_labels_csv(file)
