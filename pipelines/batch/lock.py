"""One batch job at a time over one home folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.core.errors import StackError


@contextmanager
def only_one(file: Path) -> Iterator[None]:
    """Holds the lock; raises StackError where another process does. It ends with the process, however that ends."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+", encoding="utf-8") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            held.seek(0)
            raise StackError(f"a backfill already runs as process {held.read().strip()}: wait for it to end") from None
        held.truncate(0)
        held.write(f"{os.getpid()}\n")
        held.flush()
        yield
