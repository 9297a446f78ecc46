"""The production profile on a real Redis, which the test starts and stops itself."""

import multiprocessing
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest
import redis
from feast import FeatureStore

from feature_repo.errors import FeatureStoreError
from feature_repo.store import apply, open_store
from tests.unit.feature_repo.online_spec import OnlineStoreSpec, newest_ms, read, write
from tests.unit.feature_repo.test_emotions_stored import LatestEmotionSpec

FORK = multiprocessing.get_context("fork")
STEPS = 200
SERVER = shutil.which("redis-server")

pytestmark = pytest.mark.skipif(SERVER is None, reason="redis-server is not installed: apt-get install redis-server")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    folder = tmp_path_factory.mktemp("redis")
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([str(SERVER), *options], stdout=log, stderr=log)
    try:
        wait_for(port, folder / "log")
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(timeout=10)


def wait_for(port: int, log: Path) -> None:
    for _ in range(100):
        try:
            with redis.Redis(port=port) as client:
                client.ping()
                return
        except redis.ConnectionError:
            time.sleep(0.05)
    pytest.fail(f"redis-server did not answer: {log.read_text()}")


@pytest.fixture(scope="module")
def folder(server: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("feast")
    assert apply("production", data, server)
    return data


@pytest.fixture
def store(server: str, folder: Path) -> Iterator[FeatureStore]:
    with redis.Redis.from_url(server) as client:
        client.flushdb()
    opened = open_store("production", folder, server)
    yield opened
    opened._get_provider().online_store._get_client(opened.config.online_store).close()


class TestRedis(OnlineStoreSpec):
    pass


class TestEmotionsInRedis(LatestEmotionSpec):
    pass


def write_in_steps(server: str, folder: Path, first: int, start: Event) -> None:
    store = open_store("production", folder, server)
    start.wait()
    for at in range(first, STEPS, 2):
        write(store, "ann", at)
        write(store, "ann", at - 7)


def test_two_writing_processes_and_a_reader(server: str, folder: Path, store: FeatureStore) -> None:
    start = FORK.Event()
    writers = [FORK.Process(target=write_in_steps, args=(server, folder, first, start)) for first in (1, 2)]
    for writer in writers:
        writer.start()
    start.set()
    seen = []
    while any(writer.is_alive() for writer in writers):
        if read(store, "ann") is not None:
            seen.append(newest_ms(store, "ann"))
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert seen == sorted(seen)
    assert newest_ms(store, "ann") == STEPS - 1


def test_no_redis_is_one_clear_line(tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    url = f"redis://{address}/0"
    apply("production", tmp_path, url)
    nowhere = open_store("production", tmp_path, url)
    for act in (lambda: write(nowhere, "ann", 1), lambda: read(nowhere, "ann")):
        with pytest.raises(FeatureStoreError, match=f"^Redis at {address}: .*; start it or correct the setting$"):
            act()
