"""A Redis of the production profile that can be away for a while."""

import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import redis

SERVER = shutil.which("redis-server")


@dataclass
class RedisServer:
    """Keeps what it was given on disk."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--appendonly", "yes", "--dir", str(self.folder)]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen([str(SERVER), *options], stdout=log, stderr=log)
        for _ in range(200):
            try:
                with redis.Redis(port=self.port) as client:
                    client.ping()
                    return
            except redis.ConnectionError:
                time.sleep(0.05)
        raise AssertionError(f"redis-server did not answer: {(self.folder / 'log').read_text()}")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
