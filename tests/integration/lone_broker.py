"""A broker of its own, without a cluster, that tests may stop, kill and start again."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipelines.core.settings import Settings
from pipelines.stack import processes, topics
from pipelines.stack.servers import Server, servers
from tests.integration import streaming
from tests.integration.ports import separate_settings

START_S = 60
NO_CLUSTER = "127.0.0.1:9"


@dataclass(frozen=True)
class LoneBroker:
    """The broker of a home folder."""

    settings: Settings

    @classmethod
    def at(cls, home: Path) -> "LoneBroker":
        """Not started yet."""
        return cls(separate_settings(home, flink=NO_CLUSTER))

    @property
    def bootstrap(self) -> str:
        return self.settings.bootstrap_servers

    @property
    def _server(self) -> Server:
        (found,) = servers(self.settings)
        return found

    def start(self) -> None:
        """Returns when it answers, at once if it does already."""
        server, home = self._server, self.settings.home
        if processes.recorded(home, server.name) is None:
            server.prepare()
            log = self.settings.log_folder / f"{server.name}.out"
            processes.start(server.name, server.command(), home=home, log=log, environment=server.environment())
        end_s = time.monotonic() + START_S
        while not server.answers():
            assert time.monotonic() < end_s, f"the broker does not answer; see {server.log()}"
            time.sleep(0.1)

    def empty_topics(self) -> None:
        """All topics, with nothing in them, and no groups."""
        with topics.admin(self.bootstrap) as client:
            streaming.forget(client)
        topics.make(self.bootstrap, partitions=self.settings.partitions)

    def strike(self, number: signal.Signals) -> None:
        """SIGSTOP, SIGCONT, SIGKILL."""
        process = processes.recorded(self.settings.home, self._server.name)
        assert process is not None
        os.kill(process.pid, number)

    def end(self) -> None:
        processes.end(processes.owned(self.settings.home), grace_s=20)

    @contextmanager
    def struck(self, number: signal.Signals) -> Iterator[None]:
        """Within the block it may be struck, by `strike`; afterwards it answers again."""
        try:
            yield
        finally:
            if number == signal.SIGSTOP:
                self.strike(signal.SIGCONT)
            self.start()
