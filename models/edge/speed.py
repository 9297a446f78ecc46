"""How many windows a second something answers."""

from collections.abc import Callable
from time import perf_counter
from typing import Final

import numpy as np

from models.bundle.parts import Raw
from models.bundle.predictor import CHUNK

WINDOWS: Final = CHUNK
ROUNDS: Final = 3


def windows_per_second(answer: Callable[[Raw], object], raw: Raw, *, at_once: int = 1) -> float:
    """The best of three rounds over one full chunk of windows, `at_once` in a call, after a round that does not count.

    Windows are taken again and again where there are fewer.
    """
    rows = np.arange(WINDOWS) % len(raw["features"])
    calls: list[Raw] = [
        {name: values[rows[at : at + at_once]] for name, values in raw.items()} for at in range(0, WINDOWS, at_once)
    ]
    _seconds(answer, calls)
    return WINDOWS / min(_seconds(answer, calls) for _ in range(ROUNDS))


def _seconds(answer: Callable[[Raw], object], calls: list[Raw]) -> float:
    begin = perf_counter()
    for call in calls:
        answer(call)
    return perf_counter() - begin
