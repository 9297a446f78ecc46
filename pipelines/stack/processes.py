"""Processes of a stack: started apart from us, remembered by pid and start time, ended by pid.

A pid file names a process for good: pid and start time together, so that a pid that the system gave to another
program is never taken for ours. Every process also carries the stack's home folder in its environment, and hands it
to its children, so that what a crash left behind is recognised without a file.
"""

import json
import os
import signal
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import psutil

from pipelines.core.errors import StackError
from pipelines.core.settings import OWNER_VARIABLE
from schemas.whole import write_whole

SAME_START_S: Final = 2.0
"""Start times are derived from the wall clock, which may be set while a process runs."""


@dataclass(frozen=True)
class Process:
    """A started process."""

    name: str
    pid: int
    started_s: float
    """Epoch seconds at which it began."""

    def handle(self) -> psutil.Process | None:
        """The live process; None when it ended, even if its pid lives on as another."""
        with suppress(psutil.Error):
            found = psutil.Process(self.pid)
            if abs(found.create_time() - self.started_s) < SAME_START_S and found.status() != psutil.STATUS_ZOMBIE:
                return found
        return None


def start(name: str, command: Sequence[str], *, home: Path, log: Path, environment: Mapping[str, str]) -> Process:
    """Starts a process in a session of its own, output to `log`, and writes its pid file."""
    log.parent.mkdir(parents=True, exist_ok=True)
    output = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    try:
        pid = os.posix_spawn(
            command[0],
            list(command),
            {**os.environ, **environment, OWNER_VARIABLE: str(home)},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(log), output, 0o644),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
        )
    except OSError as fault:
        raise StackError(f"{name} cannot be started: {command[0]}: {fault.strerror}") from fault
    process = Process(name, pid, psutil.Process(pid).create_time())
    _write(_pid_file(home, name), json.dumps(asdict(process)))
    return process


def recorded(home: Path, name: str) -> Process | None:
    """The live process of the pid file; None when there is none, or the file outlived it."""
    try:
        process = Process(**json.loads(_pid_file(home, name).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return process if process.handle() else None


def forget(home: Path, name: str) -> None:
    """Removes the pid file, if there is one."""
    _pid_file(home, name).unlink(missing_ok=True)


def owned(home: Path) -> list[psutil.Process]:
    """All live processes that a stack of this home folder started, and their children; never this process."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            mine = process.environ().get(OWNER_VARIABLE) == str(home)
            if mine and process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def family(process: Process) -> list[psutil.Process]:
    """The live process and all its descendants; empty when it ended."""
    handle = process.handle()
    if handle is None:
        return []
    with suppress(psutil.Error):
        return [handle, *handle.children(recursive=True)]
    return []


def end(processes: Iterable[psutil.Process], *, grace_s: float) -> int:
    """Asks processes to end, kills those that have not within `grace_s`, and waits. Returns how many there were."""
    alive = list(processes)
    count = len(alive)
    for signal_number, patience_s in ((signal.SIGTERM, grace_s), (signal.SIGKILL, grace_s)):
        for process in alive:
            with suppress(psutil.Error):
                process.send_signal(signal_number)
        alive = psutil.wait_procs(alive, timeout=patience_s)[1] if alive else []
    return count


def _pid_file(home: Path, name: str) -> Path:
    return home / "run" / f"{name}.json"


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, text)
