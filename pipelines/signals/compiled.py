"""Loops over samples as machine code, the same in every process: no reordered sums, no fused operations."""

import sys
from collections.abc import Callable
from typing import TypeVar, cast

Loop = TypeVar("Loop", bound=Callable[..., object])


def compiled(loop: Loop) -> Loop:
    """The function compiled when it is first called, and kept on disk beside its module for the next process.

    Division by zero gives what NumPy gives. While it runs, other threads do.
    """
    _make_print_reachable()
    import numba

    return cast(Loop, numba.njit(cache=True, nogil=True, error_model="numpy")(loop))


def _make_print_reachable() -> None:
    """Flink's Python workers replace `print`, and Numba does not start unless it finds that where it says it is."""
    module = sys.modules[print.__module__]
    if not hasattr(module, print.__name__):
        setattr(module, print.__name__, print)
