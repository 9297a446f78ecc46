"""Processes: remembered for good, never mistaken, ended with their children."""

import dataclasses
import json
import sys
import time
from pathlib import Path

import pytest

from pipelines.core.errors import StackError
from pipelines.stack import processes
from pipelines.stack.processes import Process
from tests.unit.stack.conftest import alive

SLEEP = "import time; time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); {SLEEP}"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SLEEP!r}])"


def begin(home: Path, program: str, name: str = "one") -> Process:
    command = [sys.executable, "-c", program]
    return processes.start(name, command, home=home, log=home / "log" / f"{name}.out", environment={})


@pytest.fixture
def home(tmp_path: Path) -> object:
    yield tmp_path
    processes.end(processes.owned(tmp_path), grace_s=5)


def test_a_started_process_is_remembered_by_its_pid_file(home: Path) -> None:
    started = begin(home, SLEEP)
    assert processes.recorded(home, "one") == started
    assert processes.recorded(home, "two") is None


def test_a_pid_that_now_belongs_to_another_is_not_ours(home: Path) -> None:
    started = begin(home, SLEEP)
    earlier = dataclasses.replace(started, started_s=started.started_s - 60)
    (home / "run" / "one.json").write_text(json.dumps(dataclasses.asdict(earlier)), "utf-8")
    assert processes.recorded(home, "one") is None
    assert processes.family(earlier) == []
    assert alive(started.pid)


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"pid": 1}', '{"name": "one", "pid": 4194303, "started_s": 1.0}'])
def test_a_damaged_or_stale_pid_file_is_no_process(home: Path, text: str) -> None:
    (home / "run").mkdir()
    (home / "run" / "one.json").write_text(text, "utf-8")
    assert processes.recorded(home, "one") is None


def test_a_process_that_ended_is_not_there_even_before_it_is_reaped(home: Path) -> None:
    started = begin(home, "pass")
    end_s = time.monotonic() + 10
    while started.handle() and time.monotonic() < end_s:
        time.sleep(0.02)
    assert processes.recorded(home, "one") is None


def test_what_has_no_pid_file_is_known_by_its_mark_with_its_children(home: Path) -> None:
    started = begin(home, PARENT)
    processes.forget(home, "one")
    end_s = time.monotonic() + 10
    while len(found := processes.owned(home)) < 2 and time.monotonic() < end_s:
        time.sleep(0.05)
    assert {process.pid for process in found} > {started.pid}
    assert processes.owned(home / "other") == []
    assert processes.end(found, grace_s=5) == 2
    assert processes.owned(home) == []


def test_a_process_that_will_not_end_is_killed(home: Path) -> None:
    started = begin(home, STUBBORN)
    end_s = time.monotonic() + 10
    while not (home / "log" / "one.out").read_text("utf-8") and time.monotonic() < end_s:
        time.sleep(0.02)
    assert processes.end(processes.family(started), grace_s=0.3) == 1
    assert not alive(started.pid)


def test_a_program_that_is_not_there_is_one_line(home: Path) -> None:
    with pytest.raises(StackError, match="one cannot be started: /no/such/program: No such file"):
        processes.start("one", ["/no/such/program"], home=home, log=home / "one.out", environment={})
