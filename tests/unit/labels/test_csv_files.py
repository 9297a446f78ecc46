"""Labels from CSV files of both layouts."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.core.errors import InputError
from pipelines.labels.csv_files import read_labels_csv, recording_rows
from schemas.records import Label

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


def only(file: Path) -> Label:
    """The one label of a file."""
    ((label,),) = read_labels_csv(file).values()
    return label


ROW = "S01,p1,rest,calm,2022-04-15T05:20:00Z,2022-04-15T05:21:00Z\n"
HEADER = "recording,wearer,block,state,start_utc,end_utc\n"
CALM = Label(user_id="p1", label="calm", start_ms=1_650_000_000_000, end_ms=1_650_000_060_000, source="protocol")


@pytest.mark.parametrize(
    "text",
    [
        HEADER + ROW,
        (HEADER + ROW).replace(",", ", "),
        (HEADER + ROW).replace(",", " , ").replace("\n", "  \n"),
        (HEADER + ROW).replace(",", ";"),
        (HEADER + ROW).replace(",", "\t"),
        "sep=;\r\n" + (HEADER + ROW).replace(",", ";").replace("\n", "\r\n"),
        (HEADER + ROW).replace("\n", "\r"),
        HEADER + ROW.replace("rest", '"rest, then\nsleep"'),
        HEADER + ROW.replace("calm", ' "calm"'),
        HEADER + "\n" + ROW + ",,,,,\n\n",
        HEADER.replace("\n", ",,\n") + ROW.replace("\n", ",,\n"),
        HEADER + ROW + ROW,
        HEADER + ROW.replace("05:20:00Z", "07:20:00+02:00").replace("05:21:00Z", "00:21:00.000-0500"),
        HEADER + ROW.replace("Z", "").replace("T", " "),
        HEADER.replace("block", "start_ms") + ROW.replace("rest", "7"),
        HEADER.replace("block", "notes").replace("end_utc", "end_utc,notes") + ROW.replace("\n", ",x\n"),
    ],
)
def test_a_table_is_read_however_a_spreadsheet_saves_it(file: Path, text: str) -> None:
    file.write_text(text, newline="")
    assert only(file) == CALM


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_table_is_read_in_every_marked_coding(file: Path, coding: str) -> None:
    file.write_text((HEADER + ROW).replace("p1", "Zoë"), encoding=coding)
    assert only(file).user_id == "Zoë"


def test_cells_that_a_short_row_lacks_are_empty(file: Path) -> None:
    file.write_text(IN_MS.replace(",self-report", ""))
    assert only(file).source == "protocol"


def test_milliseconds_may_have_an_idle_decimal_point(file: Path) -> None:
    file.write_text(IN_MS.replace("1644224400000", "1644224400000.0"))
    assert only(file).start_ms == 1_644_224_400_000


def test_a_row_that_stands_twice_is_one_label_and_others_stay(file: Path) -> None:
    later = ROW.replace("calm", "stress")
    file.write_text(HEADER + ROW + later + ROW)
    assert [each.label for each in read_labels_csv(file)["p1"]] == ["calm", "stress"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", r", line 1: no column user_id, label, start_utc, end_utc"),
        ("user_id,label,start_ms\n", r", line 1: no column end_utc"),
        ("recording,wearer,state\n", r", line 1: no column start_utc, end_utc"),
        ("user_id,label,start_ms,end_ms\n", " holds no label"),
        (IN_MS + "ann,calm,1644224400000,1644224400000,\n", ", line 3: end_ms '1644224400000' is not after start_ms"),
        (IN_MS + "ann,calm,soon,1644224400000,\n", ", line 3: start_ms 'soon' is no whole number"),
        (IN_MS + "ann,calm,1_644_224_400_000,1644224500000,\n", ", line 3: start_ms '1_644_224_400_000' is no whole"),
        (IN_MS + "ann\n", ", line 3: no start_ms"),
        (IN_MS + ",calm,1644224400000,1644224500000,\n", ", line 3: no user_id"),
        (IN_MS + "ann,,1644224400000,1644224500000,\n", ", line 3: no label"),
        (IN_MS + "ann,calm,1,2,\n", ", line 3: start_ms '1' is not between 2000 and 2100; correct the line"),
        (
            IN_MS + "ann,calm,1644224400,1644224500,\n",
            r"line 3: start_ms '1644224400' .* \(it looks like seconds since",
        ),
        (
            IN_MS + "ann,calm,1644224400000000000,2,\n",
            r"line 3: start_ms '16442244000{9}0*' is not .*looks like nanoseconds",
        ),
        (IN_MS + f"{'a' * 129},calm,1644224400000,1644224500000,\n", "line 3: user_id 'a{40}'… has 129 characters"),
        (RECORDED + "S02,sp-02,x,calm,2022-02-07,yesterday\n", ", line 5: end_utc 'yesterday' is no ISO date"),
        (
            HEADER + ROW.replace("2022-04-15T05:20:00Z", "15/04/2022 05:20"),
            ", line 2: start_utc '15/04/2022 05:20' is no",
        ),
        (HEADER + ROW.replace("2022-04-15T05:20:00Z", "1650000000"), r"looks like seconds.*a column start_ms"),
        (HEADER + ROW.replace("2022-04-15T05:20:00Z", "1922-04-15"), "line 2: start_utc '1922-04-15' is not between"),
        (HEADER + ROW.replace("p1", ""), "line 2: no wearer"),
        (HEADER + ROW.replace("calm", '"ca\nlm"'), r"line 2: state 'ca\\nlm' holds a line break"),
        (
            HEADER + ROW + ROW.replace("rest", "rest, then sleep"),
            "line 3: '2022-04-15T05:21:00Z' stands beyond the last",
        ),
        (HEADER + ROW.replace("p1", "p\u202811"), r"line 2: wearer 'p\\u202811' holds a line break"),
        (HEADER + ROW.replace("p1", "p\x1b[31m"), r"line 2: wearer 'p\\x1b\[31m' holds"),
        (HEADER + ROW.replace("calm", "\x1b[2J"), r"line 2: state '\\x1b\[2J' holds"),
        (
            HEADER.replace("end_utc", f"end_utc,{'x' * 70_000}") + ROW.replace("Z\n", "Z,,y\n"),
            "beyond the last column, 'x{40}'…",
        ),
        (HEADER + ROW + ROW.replace("rest", '"rest'), "line 3: unexpected end of data; correct the quotes"),
        (HEADER.replace("block", "state") + ROW, "line 1: two columns state; leave one"),
        (HEADER.replace("block", "wearer ") + ROW, "line 1: two columns wearer; leave one"),
        (IN_MS.replace("start_ms,end_ms,source", "start_ms,end_ms,source,source"), "line 1: two columns source"),
        (HEADER + '"a\nb",' * 3 + "\n" + ROW, "line 2: "),
        (HEADER + ROW + ROW.replace("calm", "ca\0lm"), "line 3: a NUL character; save it as UTF-8"),
    ],
)
def test_a_bad_file_is_one_error_with_line_and_value(file: Path, text: str, problem: str) -> None:
    file.write_text(text)
    with pytest.raises(InputError, match=rf"labels\.csv{problem}|labels\.csv, .*{problem}") as error:
        read_labels_csv(file)
    assert str(error.value).isprintable()
    assert len(str(error.value)) < 400


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (
            (HEADER + ROW + ROW.replace("p1", "Zoë")).encode("latin-1"),
            "line 3: byte 0xeb is not UTF-8; save it as UTF-8",
        ),
        ((HEADER + ROW).encode("utf-16-le"), "line 1: a NUL character; save it as UTF-8"),
        (b"\xff\xfe" + (HEADER + ROW).encode("utf-16-le") + b"\0", "line 3: byte 0x00 is not UTF-16"),
        (HEADER.encode() + b"\x00\xff" * 50, "line 2: byte 0xff is not UTF-8"),
    ],
)
def test_what_is_no_text_is_named_with_its_line(file: Path, data: bytes, problem: str) -> None:
    file.write_bytes(data)
    with pytest.raises(InputError, match=rf"labels\.csv, {problem}"):
        read_labels_csv(file)


@pytest.mark.parametrize("place", [HEADER, ROW])
def test_a_block_may_have_a_comma_in_quotes(file: Path, place: str) -> None:
    text = HEADER + ROW.replace("rest", '"sums, aloud"')
    file.write_text(text.replace(place, place.replace(",", ", ")))
    ((_, row),) = recording_rows(file)
    assert (row["block"], row["wearer"], row["end_utc"]) == ("sums, aloud", "p1", "2022-04-15T05:21:00Z")


@given(
    gaps=st.lists(st.text(" \u00a0\u200b\ufeff", max_size=3), min_size=6, max_size=6),
    delimiter=st.sampled_from(",;"),
    coding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    times=st.integers(1, 3),
)
def test_spaces_delimiters_codings_and_repeats_change_nothing(
    tmp_path_factory: pytest.TempPathFactory, gaps: list[str], delimiter: str, coding: str, times: int
) -> None:
    lines = [
        delimiter.join(gap + cell + gap for gap, cell in zip(gaps, line.strip().split(","), strict=True))
        for line in (HEADER, *[ROW] * times)
    ]
    file = tmp_path_factory.mktemp("labels") / "labels.csv"
    file.write_text("\n".join(lines), encoding=coding)
    assert only(file) == CALM


def test_no_file(file: Path) -> None:
    with pytest.raises(InputError, match=r"labels\.csv cannot be read"):
        read_labels_csv(file)
