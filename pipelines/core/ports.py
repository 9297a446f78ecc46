"""Which ports are free, who holds those that are not, and whether anybody answers at one."""

import socket
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import psutil

from pipelines.core.errors import StackError

LINGER_S: Final = 10.0
POLL_S: Final = 0.1
CONNECT_S: Final = 1.0


@dataclass(frozen=True)
class Port:
    """A port that a server needs, and the setting that moves it."""

    number: int
    purpose: str
    setting: str


def require_free(host: str, ports: Iterable[Port]) -> None:
    """Raises StackError for the first port that somebody listens on.

    One that no process holds is waited for: a server that was killed keeps its ports while its threads end.
    """
    for port in ports:
        end_s = time.monotonic() + LINGER_S
        while not is_free(host, port.number):
            holder = _holder(port.number)
            if holder or time.monotonic() > end_s:
                raise StackError(
                    f"port {port.number} ({port.purpose}) is taken{holder}: "
                    f"end that, or choose another with EQM_{port.setting.upper()}"
                )
            time.sleep(POLL_S)


def is_free(host: str, number: int) -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((host, number))
        except OSError:
            return False
    return True


def listens(address: str) -> bool:
    """Whether anybody listens at `host:port`; says so at once where nobody does."""
    host, _, port = address.rpartition(":")
    with suppress(OSError), socket.create_connection((host.strip("[]"), int(port)), CONNECT_S):
        return True
    return False


def _holder(number: int) -> str:
    try:
        connections = psutil.net_connections("tcp")
        pid = next(c.pid for c in connections if c.laddr and (c.status, c.laddr.port) == (psutil.CONN_LISTEN, number))
        return f" by {psutil.Process(pid).name()} (pid {pid})" if pid else ""
    except (psutil.Error, StopIteration):
        return ""
