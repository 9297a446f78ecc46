"""What the demo says while it works, and how long it waits."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from pipelines.core.errors import StackError
from pipelines.core.settings import Settings
from pipelines.streaming.submission import running


@contextmanager
def step(title: str) -> Iterator[None]:
    """Says what is being done, and when it is done, how long it took."""
    begun_s = time.monotonic()
    print(f"- {title} ...", flush=True)
    yield
    print(f"  {title}: {time.monotonic() - begun_s:.1f} s", flush=True)


class Patience:
    """Waits for the last events as long as their job runs and more keep coming."""

    SILENCE_S = 60

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._count = -1
        self._grew_s = time.monotonic()

    def enough(self, count: int, wanted: int) -> bool:
        """Whether all events are there; raises where no more can be hoped for."""
        if count > self._count:
            self._count, self._grew_s = count, time.monotonic()
        if count < wanted and time.monotonic() - self._grew_s > self.SILENCE_S:
            state = "runs, but is silent" if running(self._settings, "emotions") else "has ended"
            raise StackError(f"{count} events for {wanted} windows, and the emotions job {state}; see `eqm status`")
        return count >= wanted
