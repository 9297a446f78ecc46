"""`eqm replay` of files: what cannot be right is refused before a broker is asked for."""

from pathlib import Path

import pytest

from pipelines.cli.main import main
from tests.unit.recordings.on_disk import START_S, e4_texts, labels, lines, reading, session, zipped


def two_of_one_wearer(folder: Path) -> str:
    session(folder / "A")
    session(folder / "B")
    labels(folder, "A,ann", "B,ann")
    return f"{folder / 'A'} and {folder / 'B'} both hold gsr of ann's sensor e4-eda"


def one_file_twice(folder: Path) -> str:
    for name in ("day.jsonl", "day (1).jsonl"):
        lines(folder / name, *(reading(second) for second in range(30)))
    return f"{folder / 'day (1).jsonl'} and {folder / 'day.jsonl'} both hold hr of ann's sensor wrist"


def nanoseconds(folder: Path) -> str:
    session(folder / "A", start_s=START_S * 10**9)
    return f"{folder / 'A' / 'EDA.csv'}, line 1: the start '{START_S * 10**9}' is not between 2000 and 2100"


def torn_zip(folder: Path) -> str:
    file = zipped(folder / "A.zip", e4_texts())
    file.write_bytes(file.read_bytes()[:-30])
    return f"{file}: cannot be unpacked"


def two_wearers(folder: Path) -> str:
    session(folder / "A")
    return f"{labels(folder, 'A,ann', 'A,bob')}: recording 'A' has the wearers 'ann' in line 2 and 'bob' in line 3"


def nothing(folder: Path) -> str:
    (folder / ".hidden").mkdir()
    return f"{folder}: no recordings here"


@pytest.mark.parametrize("wrong", [two_of_one_wearer, one_file_twice, nanoseconds, torn_zip, two_wearers, nothing])
def test_it_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], wrong: object) -> None:
    given = tmp_path / "given"
    given.mkdir()
    said = wrong(given)  # type: ignore[operator]
    assert main(["--home", str(tmp_path / "home"), "replay", str(given)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[-1].startswith(f"eqm: {said}")
    assert not (tmp_path / "home").exists()


def test_what_was_skipped_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines(tmp_path / "day.jsonl", *(reading(second) for second in range(30)))
    (tmp_path / "._day.jsonl").write_bytes(b"\x00\x05\x16\x07Mac OS X")
    main(["--home", str(tmp_path / "home"), "replay", str(tmp_path), "--speed", "never"])
    assert f"eqm: skipped {tmp_path / '._day.jsonl'}: macOS keeps it beside a file" in capsys.readouterr().err
