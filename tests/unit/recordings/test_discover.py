"""What is found at paths, whose it is called, and what is said of the rest."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.core.errors import InputError
from pipelines.recordings.discover import recordings, sources
from pipelines.recordings.walk import found_at
from tests.unit.recordings.on_disk import START_S, e4_texts, labels, lines, reading, session, zipped


def users(*paths: Path) -> list[str]:
    return [each.user_id for each in recordings(paths)]


def found(*paths: Path) -> list[str]:
    """The last names of what is found."""
    return [each.path.name for each in sources(paths)]


@pytest.fixture
def said() -> list[str]:
    """What was said; `said.append` says it."""
    return []


def test_finds_folders_and_files_at_any_depth_once(tmp_path: Path) -> None:
    first = session(tmp_path / "A01")
    session(tmp_path / "deeper" / "A02")
    lines(tmp_path / "deeper" / "day.jsonl", reading(0))
    assert found(tmp_path) == ["A01", "A02", "day.jsonl"]
    assert found(first, tmp_path) == ["A01", "A02", "day.jsonl"]
    assert found(tmp_path, first) == ["A01", "A02", "day.jsonl"]
    assert users(tmp_path) == ["A01", "A02", "ann"]


def test_a_folder_alone_and_a_file_alone(tmp_path: Path) -> None:
    folder, file = session(tmp_path / "A01"), lines(tmp_path / "day.jsonl", reading(0))
    assert users(folder) == ["A01"]
    assert users(file) == ["ann"]


@pytest.mark.parametrize("name", ["missing", "empty", "hidden", "notes.txt", "EDA.csv", "nothing.zip"])
def test_nothing_there_says_what_to_give(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    lines(tmp_path / "hidden" / ".day.jsonl", reading(0))
    (tmp_path / "notes.txt").write_text("nothing")
    (tmp_path / "EDA.csv").write_text(e4_texts()["EDA.csv"])
    zipped(tmp_path / "nothing.zip", {"notes.txt": "nothing"})
    with pytest.raises(InputError, match=name):
        recordings([tmp_path / name])


def test_each_path_must_hold_a_recording(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"empty: no recordings here; give E4 folders, zips"):
        recordings([session(tmp_path / "A01"), tmp_path / "empty"])


def test_no_paths_at_all() -> None:
    with pytest.raises(InputError, match="no recordings given; give E4 folders"):
        sources([])


def test_without_any_reading_there_is_no_recording(tmp_path: Path, said: list[str]) -> None:
    file = lines(tmp_path / "day.jsonl", "", "  ")
    with pytest.raises(InputError, match="no reading in"):
        recordings([tmp_path], said.append)
    assert said == [f"skipped {file}: no readings"]


@pytest.fixture
def alike(tmp_path: Path) -> Path:
    """Two people, each with two sessions that are called as the other's are; one pair is of the same time."""
    for person, level in (("S1", 1.0), ("S2", 9.0)):
        session(tmp_path / person / "Final", level)
        session(tmp_path / person / "midterm_1", level, start_s=START_S - 86_400 * (1 if person == "S1" else 2))
    return tmp_path


def test_sessions_called_alike_are_different_people(alike: Path) -> None:
    levels = {each.user_id: set(each.streams[0].values[:, 0].tolist()) for each in recordings([alike])}
    assert levels == {"S1/Final": {1.0}, "S1/midterm_1": {1.0}, "S2/Final": {9.0}, "S2/midterm_1": {9.0}}


@pytest.mark.parametrize(
    "given",
    [
        lambda root: [root],
        lambda root: [root / "S1", root / "S2"],
        lambda root: [root / "S2" / "Final", root / "S1", root / "S2"],
        lambda root: [Path(os.path.relpath(root))],
    ],
)
def test_names_do_not_depend_on_how_the_same_folders_are_given(
    alike: Path, given: Callable[[Path], list[Path]]
) -> None:
    assert sorted(users(*given(alike))) == ["S1/Final", "S1/midterm_1", "S2/Final", "S2/midterm_1"]


def test_names_from_labels_win_and_tell_apart(alike: Path) -> None:
    labels(alike / "S1", "Final,ann", "midterm_1,ann")
    assert sorted(users(alike)) == ["Final", "ann", "ann", "midterm_1"]
    labels(alike / "S2", "Final,bob", "midterm_1,bob")
    assert sorted(users(alike)) == ["ann", "ann", "bob", "bob"]


def test_one_wearer_of_two_recordings_at_a_time_is_refused(alike: Path) -> None:
    labels(alike / "S1", "Final,p1", "midterm_1,p1")
    labels(alike / "S2", "Final,p1", "midterm_1,p1")
    with pytest.raises(InputError) as error:
        recordings([alike])
    for name in (str(alike / "S1" / "Final"), str(alike / "S2" / "Final"), "p1's sensor e4-eda", "2022-04-15T05:20:00"):
        assert name in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_given_twice_under_two_names_is_refused(tmp_path: Path) -> None:
    text = [reading(second) for second in range(30)]
    one, other = lines(tmp_path / "day.jsonl", *text), lines(tmp_path / "day (1).jsonl", *text)
    with pytest.raises(InputError) as error:
        recordings([tmp_path])
    assert str(one) in str(error.value)
    assert str(other) in str(error.value)


def test_a_link_to_what_was_found_is_the_same_recording(tmp_path: Path) -> None:
    file, folder = lines(tmp_path / "day.jsonl", reading(0)), session(tmp_path / "A01")
    (tmp_path / "same.jsonl").symlink_to(file)
    (tmp_path / "same").symlink_to(folder)
    assert sorted(users(tmp_path)) == ["A01", "ann"]


def test_what_other_programs_keep_is_skipped_and_said(tmp_path: Path, said: list[str]) -> None:
    lines(tmp_path / "day.jsonl", *(reading(second) for second in range(60)))
    (tmp_path / "._day.jsonl").write_bytes(b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        ")
    lines(tmp_path / ".ipynb_checkpoints" / "day-checkpoint.jsonl", reading(0))
    lines(tmp_path / "__MACOSX" / "day.jsonl", reading(0))
    lines(tmp_path / "~$day.jsonl", "locked")
    session(tmp_path / ".trash" / "A01")
    for name in (".DS_Store", "Thumbs.db", "desktop.ini", "notes.txt", "day.jsonl.bak"):
        (tmp_path / name).write_bytes(b"\x00")
    (tmp_path / "empty.jsonl").write_text("")
    (tmp_path / "empty.zip").write_text("")
    (only,) = recordings([tmp_path], said.append)
    assert (only.user_id, len(only.streams[0].values)) == ("ann", 60)
    why = {line.removeprefix(f"skipped {tmp_path}/").split(": ")[0]: line.split(": ")[1] for line in said}
    assert why == {
        ".DS_Store": "hidden",
        "._day.jsonl": "macOS keeps it beside a file",
        "Thumbs.db": "Windows keeps it",
        "desktop.ini": "Windows keeps it",
        "day.jsonl.bak": "neither a file of an E4 export nor JSON lines (.jsonl, .jsonl.gz)",
        "notes.txt": "neither a file of an E4 export nor JSON lines (.jsonl, .jsonl.gz)",
        "empty.jsonl": "empty",
        "empty.zip": "empty",
        "~$day.jsonl": "an office program's lock",
        ".ipynb_checkpoints": "hidden",
        ".trash": "hidden",
        "__MACOSX": "macOS keeps it in a zip",
    }


def test_what_is_named_itself_is_read_whatever_it_is_called(tmp_path: Path) -> None:
    assert users(lines(tmp_path / ".today" / ".day.jsonl", reading(0))) == ["ann"]
    assert users(session(tmp_path / ".cache" / "A01").parent) == ["A01"]


def test_empty_files_of_a_session_are_said_and_a_session_of_them_alone_is_skipped(
    tmp_path: Path, said: list[str]
) -> None:
    session(tmp_path / "A01")
    (tmp_path / "A01" / "IBI.csv").write_text("")
    session(tmp_path / "A02")
    for file in ("EDA.csv", "HR.csv"):
        (tmp_path / "A02" / file).write_text("")
    assert [each.user_id for each in recordings([tmp_path], said.append)] == ["A01"]
    empty = ("A01/IBI.csv", "A02/EDA.csv", "A02/HR.csv")
    assert sorted(said) == [f"skipped {tmp_path / name}: empty" for name in empty]


def test_files_of_an_export_that_are_not_read_are_not_worth_a_line(tmp_path: Path, said: list[str]) -> None:
    folder = session(tmp_path / "A01")
    for name in ("BVP.csv", "info.txt", "TAGS.CSV"):
        (folder / name).write_text("1\n")
    labels(tmp_path, "A01,ann")
    assert [each.user_id for each in recordings([tmp_path], said.append)] == ["ann"]
    assert said == []


def test_many_lines_are_counted_in_the_end(tmp_path: Path, said: list[str]) -> None:
    lines(tmp_path / "day.jsonl", reading(0))
    for number in range(25):
        (tmp_path / f"photo{number:02}.jpg").write_bytes(b"\xff")
    recordings([tmp_path], said.append)
    assert len(said) == 21
    assert said[-1] == "… and 5 more such lines"


def test_it_is_said_on_stderr_where_nobody_says_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = lines(tmp_path / "day.jsonl", reading(0)).with_name("notes.txt")
    file.write_text("nothing")
    recordings([tmp_path])
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"eqm: skipped {file}: neither")


@pytest.mark.parametrize("name", ["S\n1", "S\x1b[2J", "S\u2028", "S\udce9", "S\r"])
def test_no_name_breaks_a_line_or_speaks_to_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    lines(tmp_path / "day.jsonl", reading(0))
    (tmp_path / name).mkdir()
    (tmp_path / name / "notes.txt").write_text("nothing")
    recordings([tmp_path])
    (said,) = capsys.readouterr().err.removesuffix("\n").split("\n")
    assert said.isprintable()
    (tmp_path / name / "HR.csv").write_text("x\n")
    with pytest.raises(InputError) as error:
        recordings([tmp_path])
    assert str(error.value).isprintable()
    (tmp_path / name / "HR.csv").write_text(f"{START_S}\n1\n70\n")
    with pytest.raises(InputError, match="holds a character that no user id may have") as error:
        recordings([tmp_path])
    assert str(error.value).isprintable()


def test_linked_folders_are_not_walked(tmp_path: Path, said: list[str]) -> None:
    lines(tmp_path / "day.jsonl", reading(0))
    (tmp_path / "round").symlink_to(tmp_path)
    assert len(recordings([tmp_path], said.append)) == 1
    assert said == [f"skipped {tmp_path / 'round'}: a link to a folder, which is not walked"]


def test_no_file_is_said(tmp_path: Path, said: list[str]) -> None:
    lines(tmp_path / "day.jsonl", reading(0))
    os.mkfifo(tmp_path / "pipe.jsonl")
    (tmp_path / "gone.jsonl").symlink_to(tmp_path / "nowhere")
    recordings([tmp_path], said.append)
    assert said == [f"skipped {tmp_path / name}: no file" for name in ("gone.jsonl", "pipe.jsonl")]


def marked(text: str) -> bytes:
    return b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()


@pytest.mark.parametrize(
    ("name", "coded"),
    [
        ("day.jsonl", marked),
        ("DAY.JSONL", str.encode),
        ("day.jsonl.gz", lambda text: gzip.compress(marked(text))),
        ("day.jsonl", lambda text: text.encode("utf-16")),
        ("day.jsonl.gz", lambda text: gzip.compress(text.encode("utf-16"))),
        ("day.jsonl", lambda text: text.encode("utf-32")),
        ("day.jsonl", lambda text: b"\xfe\xff" + text.encode("utf-16-be")),
        ("day.jsonl", lambda text: gzip.compress(text.encode())),
        ("day.jsonl.gz", str.encode),
    ],
)
def test_marks_codings_and_packing_are_told_by_the_files_bytes(
    tmp_path: Path, name: str, coded: Callable[[str], bytes]
) -> None:
    text = "\n".join(reading(second, user_id="Zoë") for second in range(60)) + "\n"
    (tmp_path / name).write_bytes(coded(text))
    (only,) = recordings([tmp_path])
    assert (only.user_id, len(only.streams[0].values)) == ("Zoë", 60)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (reading(0).encode("utf-16") + b"\n\0\0\xd8", "after line 1: not UTF-16 as its mark says; save it as UTF-8"),
        (reading(0).encode("utf-16") + b"\n\0{", "after line 1: not UTF-16"),
        (reading(0).encode("utf-16-le"), "line 1: "),
        (reading(0).encode() + b"\n" + b"x" * (1 << 20) + b"x", "line 2: more than 1,048,576 bytes; end each reading"),
        (gzip.compress(b"\n" + b"\0" * (1 << 21)), "line 2: more than 1,048,576 bytes"),
        (gzip.compress(reading(0).encode() * 100)[:-9], "after line 0: cannot be read"),
    ],
)
def test_a_file_that_is_no_text_or_torn_is_named_with_its_line(tmp_path: Path, data: bytes, problem: str) -> None:
    file = tmp_path / "day.jsonl"
    file.write_bytes(data)
    with pytest.raises(InputError) as error:
        recordings([tmp_path])
    assert str(error.value).startswith(f"{file}, {problem}")
    assert "\n" not in str(error.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    closed = session(tmp_path / "A01")
    closed.chmod(0)
    try:
        with pytest.raises(InputError, match=r"A01 cannot be read \(Permission denied\)"):
            list(found_at(tmp_path))
    finally:
        closed.chmod(0o700)
