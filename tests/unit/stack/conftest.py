"""Servers that are no JVMs: small Python programs on ports of their own."""

import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from pipelines.core.ports import Port
from pipelines.core.settings import Settings
from pipelines.stack import processes
from pipelines.stack.servers import Server

LISTEN = """
import socket, sys, time
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True: server.accept()[0].close()
"""
FAIL = "import sys; print('starting'); sys.exit('java.io.IOException: disk full')"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        number: int = probe.getsockname()[1]
        return number


def connects(number: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", number), timeout=1):
        return True
    return False


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    found = Settings(home=tmp_path / "home")
    yield found
    processes.end(processes.owned(found.home), grace_s=5)


@pytest.fixture
def server(settings: Settings) -> Callable[..., Server]:
    """Makes a server description; `program` is what it runs."""

    def make(name: str, program: str = LISTEN) -> Server:
        number = free_port()
        return Server(
            name=name,
            ports=(Port(number, f"the {name}", "kafka_port"),),
            command=lambda: [sys.executable, "-c", program, str(number)],
            environment=dict,
            prepare=lambda: None,
            answers=lambda: connects(number),
            log=lambda: settings.log_folder / f"{name}.log",
        )

    return make


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
