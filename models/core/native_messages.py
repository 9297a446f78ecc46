"""What native code says on standard error, past Python."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_native_messages() -> Iterator[None]:
    """Drops what native code writes to standard error; its failures come as exceptions."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
