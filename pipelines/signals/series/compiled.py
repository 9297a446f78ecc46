"""Loops over samples as machine code, the same in every process: no reordered sums, no fused operations."""

import hashlib
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final, TypeVar, cast

SOURCES: Final = Path(__file__).parents[1]
"""Where all loops are."""

Loop = TypeVar("Loop", bound=Callable[..., object])


def compiled(loop: Loop) -> Loop:
    """The function compiled when it is first called, and kept on disk beside its sources for the next process.

    Division by zero gives what NumPy gives. While it runs, other threads do.
    """
    _make_print_reachable()
    import numba

    numba.config.CACHE_DIR = str(cache_folder(SOURCES))  # type: ignore[attr-defined]
    return cast(Loop, numba.njit(cache=True, nogil=True, error_model="numpy")(loop))


@cache
def cache_folder(sources: Path) -> Path:
    """Where compiled loops are kept, named by all their sources.

    Numba looks whether the file of a loop has changed. It does not see that a loop in another file has, which this one
    calls and holds a compiled copy of: the old numbers would go on without a word.
    """
    digest = hashlib.sha256()
    for file in sorted(sources.rglob("*.py")):
        digest.update(file.read_bytes())
    return sources / "__pycache__" / f"compiled-{digest.hexdigest()[:16]}"


def _make_print_reachable() -> None:
    """Flink's Python workers replace `print`, and Numba does not start unless it finds that where it says it is."""
    module = sys.modules[print.__module__]
    if not hasattr(module, print.__name__):
        setattr(module, print.__name__, print)
