"""Where electrodes measure skin, and where they slip, lift or are pressed."""

from typing import Final

import numpy as np

from pipelines.signals.series.compiled import compiled
from pipelines.signals.series.segments import Bools, Floats, Ints, Series
from schemas.channels import CHANNEL_INDEX, CHANNELS

LOW_US, HIGH_US = map(float, CHANNELS[CHANNEL_INDEX["gsr"]].plausible)
"""The paper's range is that of plausible values. Loops are given it: what is compiled does not see the table change."""

MAX_SLOPE_US_S: Final = 10.0
MIN_STEP_MS: Final = 250
"""Slopes are taken over no less, as at the 4 Hz of the paper: over a millisecond, noise is a slope beyond any bound."""

AROUND_MS: Final = 5_000


def contact_lost(gsr: Series) -> Bools:
    """Whether each sample (µS) is one of electrodes that had lost the skin, or may be; bool (samples,).

    It is where a sample of its window, at most 5 s before or after it, is below 0.05 or above 60 µS, or shows a change
    by more than 10 µS/s. A change is that between neighbours, over the time between them, and that between any two
    samples within a quarter of a second, over a quarter of a second; so no jump is missed because the sensor is fast,
    and no noise taken for one. Either side of it may be at fault. Rules 1, 2 and 4 of Kleckner et al. 2018,
    doi:10.1109/TBME.2017.2758643; the third is of temperature. Give it all samples, not the plausible ones alone.

    >>> slip = Series(np.arange(5) * 4_000, np.array([3.0, 3.0, 0.0, 3.0, 3.0]), np.array([0, 5]))
    >>> contact_lost(slip).tolist()
    [False, True, True, True, False]
    """
    found: Bools = _contact_lost(gsr.time_ms, gsr.value, gsr.offsets, LOW_US, HIGH_US)
    return found


def in_contact(gsr: Series) -> Series:
    """The samples (µS) that count: those of `contact_lost` left out, so that a gap stands in their place.

    >>> slip = Series(np.arange(5) * 4_000, np.array([3.0, 3.1, 0.0, 3.2, 3.3]), np.array([0, 5]))
    >>> in_contact(slip).value.tolist()
    [3.0, 3.3]
    """
    kept = ~contact_lost(gsr)
    if kept.all():
        return gsr
    kept_before = np.concatenate(([0], np.cumsum(kept)))
    return Series(gsr.time_ms[kept], gsr.value[kept], kept_before[gsr.offsets])


@compiled
def _contact_lost(time_ms: Ints, value: Floats, offsets: Ints, low_us: float, high_us: float) -> Bools:
    found = np.empty(len(value), dtype=np.bool_)
    for window in range(len(offsets) - 1):
        part = slice(offsets[window], offsets[window + 1])
        found[part] = lost(time_ms[part], value[part], low_us, high_us)
    return found


@compiled
def lost(time_ms: Ints, value: Floats, low_us: float, high_us: float) -> Bools:
    """`contact_lost` of one window."""
    found = np.zeros(len(value), dtype=np.bool_)
    _mark(time_ms, value, found, low_us, high_us)
    _spread(time_ms, found)
    return found


@compiled
def _mark(time_ms: Ints, value: Floats, lost: Bools, low_us: float, high_us: float) -> None:
    """Marks samples out of range, and both sides of each jump."""
    for at in range(len(value)):
        lost[at] |= value[at] < low_us or value[at] > high_us
        earlier = at - 1
        while earlier >= 0 and (earlier == at - 1 or time_ms[at] - time_ms[earlier] <= MIN_STEP_MS):
            over_ms = max(time_ms[at] - time_ms[earlier], MIN_STEP_MS)
            if abs(value[at] - value[earlier]) > MAX_SLOPE_US_S * over_ms / 1000:
                lost[at] = lost[earlier] = True
            earlier -= 1


@compiled
def _spread(time_ms: Ints, lost: Bools) -> None:
    """Marks also what lies within 5 s of a marked sample."""
    marked = np.flatnonzero(lost)
    before = 0
    for at in range(len(lost)):
        while before < len(marked) and time_ms[marked[before]] < time_ms[at] - AROUND_MS:
            before += 1
        lost[at] = before < len(marked) and time_ms[marked[before]] <= time_ms[at] + AROUND_MS
