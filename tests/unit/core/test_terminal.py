"""No text of a sender or a file gets to a terminal as a command: in what is printed, drawn, or told as an error."""

import ast
import io
import json
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.live import Live
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from pipelines.cli import main as cli
from pipelines.core.console import TerminalConsole
from pipelines.core.errors import InputError
from pipelines.core.terminal import escaped_output, readable
from pipelines.reports.tables.watch import table
from schemas.message_rules import FORBIDDEN
from tests.unit.serving.test_client import event

EVIL = "ann\x1b[2J\x9b31m\x07\r\x7f\u2028\u202e\ud83d\ufeff"
SHOWN = r"ann\u001b[2J\u009b31m\u0007\u000d\u007f\u2028\u202e\ud83d\ufeff"
PIPELINES = Path(cli.__file__).parents[1]


def test_what_a_terminal_obeys_is_escaped() -> None:
    assert readable(EVIL) == SHOWN
    assert readable("Zoë\t61\nbpm – 👩\u200d🚀") == "Zoë\t61\nbpm – 👩\u200d🚀"


@given(st.dictionaries(st.text(), st.text() | st.floats(allow_nan=False)))
def test_json_stays_what_it_is(facts: dict[str, str | float]) -> None:
    text = json.dumps(facts, ensure_ascii=False)
    assert json.loads(readable(text)) == facts
    assert not FORBIDDEN.search(readable(text))


def test_all_that_is_printed_is_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stdout, sys.stderr
    with escaped_output():
        print(EVIL)
        sys.stdout.writelines([EVIL, "\n"])
        print(EVIL, file=sys.stderr)
    assert (sys.stdout, sys.stderr) == before
    told = capsys.readouterr()
    assert told.out == f"{SHOWN}\n" * 2
    assert told.err == f"{SHOWN}\n"


def test_after_an_unexpected_exception_its_traceback_is_escaped_too(monkeypatch: pytest.MonkeyPatch) -> None:
    told = io.StringIO()
    monkeypatch.setattr(sys, "stderr", told)
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    with pytest.raises(ValueError) as fault, escaped_output():
        raise ValueError(EVIL)
    sys.__excepthook__(fault.type, fault.value, fault.tb)
    assert SHOWN in told.getvalue()
    assert "\x1b" not in told.getvalue()


def terminal() -> TerminalConsole:
    return TerminalConsole(
        file=io.StringIO(), force_terminal=True, width=200, color_system="truecolor", legacy_windows=False
    )


def drawn(console: TerminalConsole) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def assert_harmless(text: str) -> None:
    """What was evil does nothing; what rich draws with is its own."""
    assert r"ann\u001b" in text
    assert not any(sign in text for sign in ("\x1b[2J", "\x9b", "\x07", "\x7f", "\u2028", "\u202e", "\ud83d", "\ufeff"))


def test_tables_and_texts_are_escaped_and_keep_their_colours() -> None:
    console = terminal()
    grid = Table(EVIL)
    grid.add_row(Text(EVIL, style="bold red"))
    grid.add_row(EVIL)
    console.print(grid, EVIL, markup=False)
    assert_harmless(drawn(console))
    assert drawn(console).count(SHOWN) == 2, "plain texts have room"
    assert "\x1b[1;31m" in drawn(console)


def test_the_live_table_is_escaped() -> None:
    console = terminal()
    one = event().model_copy(update={"user_id": EVIL, "emotion": EVIL, "model_name": EVIL})
    with Live(console=console, auto_refresh=False) as live:
        live.update(table({EVIL: one}, rows=3), refresh=True)
    assert_harmless(drawn(console))
    assert "\x1b[?25l" in drawn(console), "the cursor is rich's to hide"


def test_bars_are_escaped() -> None:
    console = terminal()
    with Progress(console=console) as bars:
        bars.add_task(EVIL, total=3)
    assert_harmless(drawn(console))


@pytest.mark.parametrize(
    "arguments", [["replay", f"/no/such/{EVIL[:-2]}"], ["replay", "--speed", EVIL[:-2]], [EVIL[:-2]]]
)
def test_no_error_of_the_command_obeys_its_arguments(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with suppress(SystemExit):
        cli.main(arguments)
    told = capsys.readouterr().err
    assert told
    assert not FORBIDDEN.search(told.replace("\n", ""))


def test_an_error_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(*_: object) -> None:
        raise InputError("day\n1.jsonl, line 2: bad_user_id")

    monkeypatch.setattr("pipelines.cli.replay._replay", fail)
    assert cli.main(["replay", "x"]) == 1
    assert capsys.readouterr().err == "eqm: day\\u000a1.jsonl, line 2: bad_user_id\n"


def made(path: Path) -> set[str]:
    """Names that are called in a module."""
    calls = (node.func for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))
    return {func.id for func in calls if isinstance(func, ast.Name)}


def test_nothing_else_draws_on_a_terminal() -> None:
    assert not [path for path in PIPELINES.rglob("*.py") if "Console" in made(path)]
