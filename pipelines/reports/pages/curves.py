"""A signal over time as an SVG path in a box of 1000 by 100 that is stretched to its place."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

WIDTH: Final = 1000
HEIGHT: Final = 100
MARGIN: Final = 0.06


@dataclass(frozen=True)
class Curve:
    """A path and the values at the top and bottom of its box; no path where there is no value."""

    path: str
    highest: str
    lowest: str


def curve(values: NDArray[np.float64], bounds: tuple[float, float] | None = None) -> Curve:
    """(slots,) -> a curve, parted where values are NaN; between `bounds`, or the values' own with a margin."""
    known = values[np.isfinite(values)]
    if known.size == 0:
        return Curve("", "", "")
    low, high = bounds or _bounds(known)
    digits = _digits(high - low)
    x = (np.arange(len(values)) + 0.5) * WIDTH / len(values)
    y = HEIGHT * (1 - (values - low) / (high - low))
    return Curve(_path(x, y), f"{high:.{digits}f}", f"{low:.{digits}f}")


def _bounds(known: NDArray[np.float64]) -> tuple[float, float]:
    low, high = float(known.min()), float(known.max())
    spare = (high - low) * MARGIN or max(abs(high) * MARGIN, 0.5)
    return (max(0.0, low - spare) if low >= 0 else low - spare), high + spare


def _digits(extent: float) -> int:
    """Decimals that tell the ends of an axis apart.

    >>> [_digits(extent) for extent in (100.0, 35.0, 4.0, 0.3, 0.02)]
    [0, 0, 1, 2, 3]
    """
    return max(0, 1 - math.floor(math.log10(extent)))


def _path(x: NDArray[np.float64], y: NDArray[np.float64]) -> str:
    """Lines through neighbouring points; a point alone becomes a short dash."""
    steps = []
    pen_up = True
    for at, height in zip(x, y, strict=True):
        if not np.isfinite(height):
            pen_up = True
            continue
        steps.append(f"M{at:.1f} {height:.1f}h.1" if pen_up else f"L{at:.1f} {height:.1f}")
        pen_up = False
    return "".join(steps)
