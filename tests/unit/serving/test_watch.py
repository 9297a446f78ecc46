"""`eqm watch` and `eqm features`: what is shown, and that every end is a clean one."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from feature_repo.columns import WINDOW_FEATURES
from feature_repo.store import apply
from pipelines.cli import main as cli
from pipelines.reports.tables.watch import MOST_USERS, newest, table
from pipelines.serving.watch import WatchOptions, _json_or_reason, print_json, watch
from schemas.records import EmotionEvent
from tests.unit.memory import FLAT, growth
from tests.unit.serving.test_client import START_MS, event

ROOT = Path(__file__).parents[3]


class Source:
    """Stands in for the consumer: gives its events, then calls `then` for ever."""

    def __init__(self, events: list[EmotionEvent], then: object = lambda: None) -> None:
        self.events, self.then, self.users = list(events), then, set()

    def next_event(self, timeout_s: float, *, user: str | None) -> EmotionEvent | None:
        self.users.add(user)
        return self.events.pop(0) if self.events else self.then()


def rendered(grid: Table, *, width: int = 80) -> list[str]:
    console = Console(width=width, file=open(os.devnull, "w"), record=True)  # noqa: SIM115, PTH123
    console.print(grid)
    console.file.close()
    return [line.rstrip() for line in console.export_text().splitlines()]


def test_the_table_shows_each_users_newest_event() -> None:
    held: dict[str, EmotionEvent] = {}
    newest([event("bob", 12), event("ann", 5), event("ann", 4, emotion="sad"), event("bob", 11)], held)
    lines = rendered(table(held, rows=9))
    assert [line.split() for line in lines] == [
        ["user", "emotion", "confidence", "quality", "UTC", "age", "model"],
        ["ann", "happy", "███████", "70%", "90%", "22:13:45", "35", "s", "small", "1"],
        ["bob", "happy", "███████", "70%", "90%", "22:14:20", "0", "s", "small", "1"],
        ["newest", "window", "ended", "2023-11-14", "22:14:20", "UTC"],
    ]


def test_an_abstention_says_why_instead_of_an_emotion() -> None:
    quiet = event(emotion=None, abstained=True, reason="low_quality", quality=0.1)
    assert "– low quality" in rendered(table({"ann": quiet}, rows=9))[1]


def test_more_users_than_lines_are_counted_and_names_cannot_break_the_table() -> None:
    held = {user: event(user) for user in ("[bold]x", "a" * 128, "zoë")}
    lines = rendered(table(held, rows=2))
    assert len(lines) == 4
    assert lines[-1].endswith("; 1 more (--user U shows one)")
    assert any(line.startswith("[bold]x") for line in lines)
    assert all(len(line) <= 80 for line in lines)


@dataclass
class Heard:
    """As much of an event as is asked for, and as long."""

    user_id: str
    window_end_ms: int
    rest: str

    def __post_init__(self) -> None:
        self.rest += self.user_id


def test_the_live_table_forgets_whoever_was_heard_of_longest_ago() -> None:
    held: dict[str, EmotionEvent] = {}
    now = count(START_MS)
    assert growth(lambda users: newest((Heard(user, next(now), "·" * 500) for user in users), held)) < FLAT
    assert len(held) <= MOST_USERS
    assert {"user-999999", "user-995000"} <= held.keys()
    assert "user-0" not in held


def test_nothing_yet() -> None:
    assert "waiting for events …" in "".join(rendered(table({}, rows=3)))
    assert "no reading has come" in "".join(rendered(table({}, rows=3, waiting="no reading has come")))


def test_json_lines_have_the_reasons_beside_them_until_the_first_event(capsys: pytest.CaptureFixture[str]) -> None:
    reasons = iter(["the job starts"] * 3 + ["no reading has come"] * 1000)
    show = _json_or_reason(lambda *, come: next(reasons))
    for events in ([], [], [], [], [event("ann")], [], []):
        show(events)
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 1
    assert err.splitlines() == ["eqm: waiting: the job starts", "eqm: waiting: no reading has come"]


def test_json_lines_are_the_events(capsys: pytest.CaptureFixture[str]) -> None:
    sent = [event("ann"), event("zoë", 1)]
    source = Source(sent)
    assert watch(source, WatchOptions(user="zoë", as_json=True, for_s=0.05)) == 0
    assert [EmotionEvent.model_validate_json(line) for line in capsys.readouterr().out.splitlines()] == sent
    assert source.users == {"zoë"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("as_json", [True, False])
def test_a_signal_ends_it_cleanly(capsys: pytest.CaptureFixture[str], number: int, as_json: bool) -> None:
    before = signal.getsignal(number)
    assert watch(Source([event()], then=lambda: os.kill(os.getpid(), number)), WatchOptions(as_json=as_json)) == 0
    assert "happy" in capsys.readouterr().out
    assert signal.getsignal(number) is before


def test_a_closed_pipe_ends_it_without_a_word() -> None:
    code = (
        "import sys, math; from tests.unit.serving.test_watch import Source, event;"
        "from pipelines.serving.watch import *;"
        "source = Source([]); source.next_event = lambda *_, **__: event();"
        "sys.exit(watch(source, WatchOptions(as_json=True)))"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
        assert process.wait(timeout=20) == 0


def test_print_json_of_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    print_json([])
    assert capsys.readouterr().out == ""


def test_features_without_a_store_say_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--home", str(tmp_path), "features", "ann"]) == 1
    line = f"eqm: Feast is not applied in {tmp_path / 'feast'} (profile 'local'): run `eqm up`\n"
    assert capsys.readouterr().err == line


def test_features_of_a_user(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import numpy as np

    from feature_repo.online import write_newest
    from feature_repo.store import open_store
    from tests.unit.feature_repo.online_spec import windows

    apply("local", tmp_path / "feast")
    columns = windows([71.25]) | {"hrv_lf": np.array([np.nan])}
    write_newest(open_store("local", tmp_path / "feast"), WINDOW_FEATURES, ["zoë"], np.array([START_MS]), columns)
    ask = ["--home", str(tmp_path), "features"]
    assert cli.main([*ask, "zoë"]) == 0
    shown = capsys.readouterr().out
    assert "zoë: window_features at 2023-11-14 22:13:20 UTC" in shown
    cells = [line.split() for line in shown.splitlines()]
    assert ["hr_mean", "71.25", "bpm"] in cells
    assert ["hrv_lf", "–", "ms²"] in cells
    assert cli.main([*ask, "zoë", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["user_id"], answer["event_timestamp_ms"]) == ("zoë", START_MS)
    assert (answer["values"]["hr_mean"], answer["values"]["hrv_lf"]) == (71.25, None)
    assert cli.main([*ask, "nobody"]) == 1
    assert "the feature store holds nothing of user 'nobody' in window_features" in capsys.readouterr().err


def test_the_newest_emotion_of_a_user(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from feature_repo.online import write_newest_events
    from feature_repo.store import open_store

    apply("local", tmp_path / "feast")
    store = open_store("local", tmp_path / "feast")
    quiet = event("zoë", 1, emotion=None, confidence=0.0, abstained=True, reason="low_quality")
    write_newest_events(store, [each.model_dump_json().encode() for each in (event("ann", 2), quiet, event("zoë", 0))])
    ask = ["--home", str(tmp_path), "features", "--view", "latest_emotion"]
    assert cli.main([*ask, "ann"]) == 0
    cells = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["emotion", "happy"] in cells
    assert ["abstained", "no"] in cells
    assert cli.main([*ask, "zoë", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["event_timestamp_ms"] == quiet.window_end_ms
    assert (answer["values"]["emotion"], answer["values"]["reason"]) == (None, "low_quality")
