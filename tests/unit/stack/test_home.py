"""A home holds what its table says; removing it takes that alone, and only of a folder that a stack has made."""

import re
import subprocess
from pathlib import Path

import pytest

from pipelines.cli.main import main
from pipelines.core.errors import StackError
from pipelines.core.settings import Settings
from pipelines.reports.tables.home import lines
from pipelines.stack import home, stack

ROOT = Path(__file__).parents[3]
CLEAN = ROOT / "deploy" / "setup" / "clean.sh"
WRITTEN = re.compile(r'\b(?:settings|self)\.home / "([\w.-]+)"')


def filled(folder: Path, maker: str | None = "") -> Path:
    """A home with readings, a bundle and somebody's notes; `maker` None: nobody has made it a home."""
    for name in ("archive/day=2026-01-01/part-0", "archive/day=2026-01-03/part-0", "models/current/manifest.json"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x" * 3000)
    (folder / "notes.txt").write_text("mine", "utf-8")
    if maker is not None:
        home.mark(folder, maker)
    return folder


def snapshot(folder: Path) -> list[tuple[str, bytes]]:
    return sorted((str(path.relative_to(folder)), path.read_bytes()) for path in folder.rglob("*") if path.is_file())


def test_the_table_has_every_folder_that_the_code_makes_in_a_home() -> None:
    sources = [path.read_text("utf-8") for path in (ROOT / "pipelines").rglob("*.py")]
    named = {name for source in sources for name in WRITTEN.findall(source)}
    assert {"archive", "feast", "kafka", "backfill", "mlflow"} <= named
    assert named - {*home.HOLDS, *home.NOTES} == set()


def test_what_would_go_and_what_would_stay_is_told_in_plain_words(tmp_path: Path) -> None:
    assert lines(filled(tmp_path)) == [
        f"{tmp_path} holds 9.0 kB, and all of it goes:",
        "  archive         6.0 kB  accepted readings, 2026-01-01 to 2026-01-03",
        "  models          3.0 kB  model bundles: trained, in use, announced",
        "  not EQM's, and stays: notes.txt",
    ]


def test_removing_a_home_leaves_what_is_not_eqms(tmp_path: Path) -> None:
    filled(tmp_path)
    (tmp_path / ".parity.k3x9").mkdir()
    home.remove(tmp_path)
    assert snapshot(tmp_path) == [("notes.txt", b"mine")]
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_removing_a_home_with_nothing_else_in_it_removes_the_folder(tmp_path: Path) -> None:
    folder = filled(tmp_path / "home")
    (folder / "notes.txt").unlink()
    home.remove(folder)
    assert not folder.exists()
    home.remove(folder)


def test_what_a_link_leads_to_stays(tmp_path: Path) -> None:
    big = filled(tmp_path / "disk", maker=None)
    folder = tmp_path / "home"
    home.mark(folder)
    (folder / "archive").symlink_to(big / "archive")
    assert any("which stays" in line for line in lines(folder))
    before = snapshot(big)
    home.remove(folder)
    assert snapshot(big) == before
    assert not folder.exists()


@pytest.mark.parametrize("wipe", [["--wipe", "--yes"], ["--wipe"]])
def test_a_folder_that_no_stack_has_made_is_not_wiped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], wipe: list[str]
) -> None:
    filled(tmp_path, maker=None)
    before = snapshot(tmp_path)
    assert main(["--home", str(tmp_path), "down", *wipe]) == 1
    assert capsys.readouterr().err.startswith(f"eqm: {tmp_path} is no home of a stack")
    assert snapshot(tmp_path) == before


def test_the_stack_itself_wipes_no_such_folder_either(tmp_path: Path) -> None:
    filled(tmp_path, maker=None)
    before = snapshot(tmp_path)
    with pytest.raises(StackError, match="no home of a stack"):
        stack.down(Settings(home=tmp_path), wipe=True)
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("exists", [True, False])
def test_down_writes_nothing_where_no_stack_was(tmp_path: Path, exists: bool) -> None:
    folder = tmp_path / "home"
    if exists:
        filled(folder, maker=None)
    before = snapshot(tmp_path)
    assert main(["--home", str(folder), "down"]) == 0
    assert snapshot(tmp_path) == before
    assert folder.exists() == exists


def test_without_a_terminal_and_without_yes_nothing_is_touched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    filled(tmp_path)
    before = snapshot(tmp_path)
    assert main(["--home", str(tmp_path), "down", "--wipe"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == (f"eqm: --wipe asks before it removes {tmp_path}, and here is no terminal: give --yes, too\n")
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize(
    ("answer", "code", "stays"),
    [("y", 0, False), (" YES ", 0, False), ("n", 1, True), ("", 1, True), ("yep", 1, True), (None, 1, True)],
)
def test_on_a_terminal_only_a_plain_yes_removes(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    answer: str | None,
    code: int,
    stays: bool,
) -> None:
    def replied(_: str) -> str:
        if answer is None:
            raise EOFError
        return answer

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", replied)
    filled(tmp_path)
    assert main(["--home", str(tmp_path), "down", "--wipe"]) == code
    assert (tmp_path / "archive").exists() == stays
    said = capsys.readouterr().out
    assert "accepted readings, 2026-01-01 to 2026-01-03" in said
    assert ("nothing was stopped or removed" in said) == stays


def test_yes_removes_and_says_what(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filled(tmp_path)
    assert main(["--home", str(tmp_path), "down", "--wipe", "--yes"]) == 0
    said = capsys.readouterr().out
    assert "9.0 kB" in said
    assert said.endswith(f"nothing was up\nremoved what EQM kept in {tmp_path}\n")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_where_nothing_is_there_to_lose_nobody_is_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--home", str(tmp_path / "none"), "down", "--wipe"]) == 0
    assert "holds nothing of EQM's" in capsys.readouterr().out


def test_yes_without_wipe_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--home", str(tmp_path), "down", "--yes"]) == 1
    assert "--yes answers what --wipe asks" in capsys.readouterr().err


def test_a_home_that_cannot_be_removed_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(tmp_path)

    def refused(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("shutil.rmtree", refused)
    with pytest.raises(StackError, match=r"cannot be removed wholly: .*Permission denied.*repeat it"):
        stack.down(Settings(home=tmp_path), wipe=True)
    assert home.maker_of(tmp_path) == ""


@pytest.fixture
def build(tmp_path: Path) -> Path:
    folder = tmp_path / "build"
    for name in ("jvm/.done", "test/fast.log", "eqm/archive/part-0", "mine/models/part-0", "demo/home/archive/part-0"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x", "utf-8")
    return folder


def left(folder: Path) -> list[str]:
    subprocess.run([CLEAN, folder], check=True, capture_output=True)
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.mark.parametrize(
    ("marked", "stays"),
    [
        ({}, ["eqm"]),
        ({"mine": ""}, ["eqm", "mine"]),
        ({"mine": "demo"}, ["eqm"]),
        ({"eqm": "", "demo/home": "demo"}, ["eqm"]),
    ],
)
def test_cleaning_leaves_homes_with_data(build: Path, marked: dict[str, str], stays: list[str]) -> None:
    for name, maker in marked.items():
        home.mark(build / name, maker)
    assert left(build) == stays
    assert (build / "eqm" / "archive" / "part-0").is_file()


def test_cleaning_where_nobody_has_data_removes_the_folder(tmp_path: Path) -> None:
    (tmp_path / "build" / "jvm").mkdir(parents=True)
    assert left(tmp_path / "build") == []
    assert not (tmp_path / "build").exists()
