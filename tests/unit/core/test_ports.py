import socket
import threading
import time
from collections.abc import Iterator

import pytest

from pipelines.core.errors import StackError
from pipelines.core.ports import Port, require_free

HOST = "127.0.0.1"


@pytest.fixture
def held() -> Iterator[socket.socket]:
    with socket.socket() as holder:
        holder.bind((HOST, 0))
        yield holder


def needed(holder: socket.socket) -> Port:
    return Port(holder.getsockname()[1], "test", "kafka_port")


def test_a_port_that_nobody_listens_on_is_waited_for(held: socket.socket) -> None:
    port, begun_s = needed(held), time.monotonic()
    threading.Timer(0.3, held.close).start()
    require_free(HOST, [port])
    assert time.monotonic() - begun_s > 0.2


def test_one_that_a_program_listens_on_is_refused_at_once(held: socket.socket) -> None:
    held.listen()
    begun_s = time.monotonic()
    with pytest.raises(StackError, match=r"is taken by .*EQM_KAFKA_PORT"):
        require_free(HOST, [needed(held)])
    assert time.monotonic() - begun_s < 5
