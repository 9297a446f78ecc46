"""Up and down: as a whole or not at all, whatever was left behind."""

import os
import signal
import socket
import time
from collections.abc import Callable

import pytest

from pipelines.core.errors import StackError
from pipelines.core.settings import Settings
from pipelines.stack import feast, processes, stack
from pipelines.stack.servers import Server
from tests.unit.stack.conftest import FAIL, alive

Make = Callable[..., Server]
NAMES = ("jobmanager", "taskmanager", "kafka")


@pytest.fixture(autouse=True)
def parts(monkeypatch: pytest.MonkeyPatch, server: Make) -> dict[str, Server]:
    """Three stand-in servers; topics and feature store are there after the first time."""
    found = {name: server(name) for name in NAMES}
    made = iter([["a topic"]])
    monkeypatch.setattr(stack, "servers", lambda _: tuple(found.values()))
    monkeypatch.setattr(stack, "_topics", lambda _: next(made, []))
    monkeypatch.setattr(feast, "apply", lambda _: False)
    return found


def pids(settings: Settings) -> dict[str, int]:
    found = {name: processes.recorded(settings.home, name) for name in NAMES}
    return {name: process.pid for name, process in found.items() if process}


def wait_for_end(pid: int) -> None:
    end_s = time.monotonic() + 10
    while alive(pid) and time.monotonic() < end_s:
        time.sleep(0.02)


def test_up_twice_changes_nothing_the_second_time(settings: Settings) -> None:
    assert stack.up(settings)
    first = pids(settings)
    assert set(first) == set(NAMES)
    assert not stack.up(settings)
    assert pids(settings) == first


def test_down_ends_everything_and_forgets_it(settings: Settings) -> None:
    stack.up(settings)
    assert stack.down(settings) == 3
    assert processes.owned(settings.home) == []
    assert not list((settings.home / "run").glob("*.json"))
    assert stack.down(settings) == 0


def test_wipe_removes_a_home_that_up_has_made(settings: Settings) -> None:
    stack.up(settings)
    stack.down(settings, wipe=True)
    assert not settings.home.exists()


@pytest.mark.parametrize("name", ["taskmanager", "kafka"])
def test_a_killed_server_is_started_again_beside_the_others(settings: Settings, name: str) -> None:
    stack.up(settings)
    before = pids(settings)
    os.kill(before[name], signal.SIGKILL)
    wait_for_end(before[name])
    assert stack.up(settings)
    after = pids(settings)
    assert after[name] != before[name]
    assert {other: after[other] for other in NAMES if other != name} == {
        other: before[other] for other in NAMES if other != name
    }


def test_with_a_killed_jobmanager_the_taskmanager_is_started_anew(settings: Settings) -> None:
    stack.up(settings)
    before = pids(settings)
    os.kill(before["jobmanager"], signal.SIGKILL)
    wait_for_end(before["jobmanager"])
    said: list[str] = []
    assert stack.up(settings, said.append)
    after = pids(settings)
    assert not alive(before["taskmanager"])
    assert [name for name in NAMES if after[name] == before[name]] == ["kafka"]
    assert any("TaskManager" in line for line in said)


def test_servers_whose_pid_files_are_lost_are_ended_and_started_again(settings: Settings) -> None:
    stack.up(settings)
    orphans = pids(settings)
    for name in NAMES:
        processes.forget(settings.home, name)
    said: list[str] = []
    assert stack.up(settings, said.append)
    assert not any(alive(pid) for pid in orphans.values())
    assert set(pids(settings)) == set(NAMES)
    assert said[0] == "ended 3 processes that an earlier stack left behind"


def test_a_port_taken_by_another_is_named_with_its_holder_and_nothing_is_started(
    settings: Settings, parts: dict[str, Server]
) -> None:
    number = parts["kafka"].ports[0].number
    with (
        socket.create_server(("127.0.0.1", number)),
        pytest.raises(
            StackError, match=rf"port {number} \(the kafka\) is taken by .* \(pid {os.getpid()}\).*EQM_KAFKA_PORT"
        ),
    ):
        stack.up(settings)
    assert processes.owned(settings.home) == []


def test_a_server_that_ends_while_starting_takes_down_what_was_started_with_it(
    settings: Settings, parts: dict[str, Server], server: Make
) -> None:
    parts["kafka"] = server("kafka", FAIL)
    with pytest.raises(StackError, match="kafka ended while starting: IOException: disk full"):
        stack.up(settings)
    assert processes.owned(settings.home) == []
    assert pids(settings) == {}


def test_a_failure_leaves_alone_what_was_up_before(settings: Settings, parts: dict[str, Server], server: Make) -> None:
    kafka = parts.pop("kafka")
    stack.up(settings)
    before = pids(settings)
    parts["kafka"] = server("kafka", FAIL)
    with pytest.raises(StackError):
        stack.up(settings)
    assert pids(settings) == before
    parts["kafka"] = kafka
    assert stack.up(settings)


def test_a_running_stack_is_not_taken_for_one_with_other_settings(settings: Settings) -> None:
    stack.up(settings)
    changed = settings.model_copy(update={"task_slots": 3, "parallelism": 3})
    with pytest.raises(StackError, match=r"other settings \(task_slots 8\): `eqm down` first"):
        stack.up(changed)
    stack.down(changed)
    assert stack.up(changed)


def test_two_commands_do_not_change_one_stack_at_once(settings: Settings) -> None:
    with stack._alone(settings), pytest.raises(StackError, match="another command is changing the stack"):
        stack.up(settings)
