"""Loops over samples as machine code, the same in every process: no reordered sums, no fused operations."""

from collections.abc import Callable
from typing import TypeVar, cast

import numba

Loop = TypeVar("Loop", bound=Callable[..., object])


def compiled(loop: Loop) -> Loop:
    """The function compiled when it is first called, and kept on disk beside its module for the next process.

    Division by zero gives what NumPy gives. While it runs, other threads do.
    """
    return cast(Loop, numba.njit(cache=True, nogil=True, error_model="numpy")(loop))
