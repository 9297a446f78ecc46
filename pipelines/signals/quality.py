"""How much of a window a channel was there, and how much of what it gave can be believed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipelines.signals.compiled import compiled
from pipelines.signals.intervals import joins
from pipelines.signals.segments import Bools, Floats, Ints, Series
from schemas.channels import Channel
from schemas.windows import WINDOW_MS, WINDOW_S


@dataclass(frozen=True)
class Artefact:
    """What no worn sensor shows on a living body, besides values that are not plausible.

    `jump` is the greatest change between successive samples, per second and over no less than `over_s`;
    `ratio` the greatest change of an interval as a share of the one before it; `flat_s` the time from which on
    one and the same value is a sensor that has lost contact or is stuck.
    """

    jump: float = np.inf
    over_s: float = 1.0
    ratio: float = np.inf
    flat_s: float = np.inf


FLAT_GAP_MS: Final = 2_000
"""Equal values further apart than this are two stretches."""

_STUCK: Final = Artefact(flat_s=10)
ARTEFACTS: Final = {
    "hr": Artefact(jump=25),
    "ibi": Artefact(ratio=0.20),
    "gsr": Artefact(jump=10, over_s=0.25, flat_s=10),
    "temp": Artefact(jump=1),
    "acc_x": _STUCK,
    "acc_y": _STUCK,
    "acc_z": _STUCK,
    "spo2": Artefact(jump=4),
}
"""gsr: Kleckner et al. 2018, doi:10.1109/TBME.2017.2758643. ibi: the 20 % rule, compared by Karlsson et al. 2012,
doi:10.1186/1475-925X-11-2. hr, temp, spo2: faster than heart, skin and blood change. Channels not named here are
judged by plausible values alone."""


def quality(series: Series, channels: Sequence[Channel]) -> Floats:
    """Share of the seconds with samples whose samples are all good, 0 to 1; float64 (windows,); 0 without samples.

    The first windows of `series` are of the first of `channels`, as many are of the next, and so on. A sample is good
    when its value is within its channel's `plausible` and it shows no artefact (`ARTEFACTS`): of a jump the later
    sample is at fault, of a flat stretch all.

    >>> from schemas.channels import CHANNELS
    >>> hr = Series(np.array([0, 1000, 2000, 3000]), np.array([60.0, 61.0, 250.0, 251.0]), np.array([0, 4]))
    >>> quality(hr, CHANNELS[:1]).item()
    0.5
    """
    return _quality(series.time_ms, series.value, series.offsets, np.array([_limits(each) for each in channels]))


def _limits(channel: Channel) -> tuple[float, ...]:
    rule = ARTEFACTS.get(channel.name, Artefact())
    return (*map(float, channel.plausible), rule.jump, rule.over_s, rule.ratio, rule.flat_s * 1000)


@compiled
def _quality(time_ms: Ints, value: Floats, offsets: Ints, limits: Floats) -> Floats:
    share = np.zeros(len(offsets) - 1)
    bad = np.empty(len(value), dtype=np.bool_)
    for window in range(len(share)):
        part = slice(offsets[window], offsets[window + 1])
        _judge(time_ms[part], value[part], bad[part], limits[window * len(limits) // len(share)])
        share[window] = _good_share(time_ms[part], bad[part])
    return share


@compiled
def _judge(time_ms: Ints, value: Floats, bad: Bools, limits: Floats) -> None:
    """Marks the samples of one window that are not plausible or show an artefact."""
    low, high, jump, over_s, ratio, flat_ms = limits
    for at in range(len(value)):
        bad[at] = value[at] < low or value[at] > high
    if np.isfinite(jump):
        for at in range(1, len(value)):
            over = max((time_ms[at] - time_ms[at - 1]) / 1000, over_s)
            bad[at] |= abs(value[at] - value[at - 1]) > jump * over
    if np.isfinite(ratio):
        for at in range(1, len(value)):
            bad[at] |= joins(time_ms, value, at) and abs(value[at] - value[at - 1]) > ratio * value[at - 1]
    if np.isfinite(flat_ms):
        _judge_flat(time_ms, value, bad, flat_ms)


@compiled
def _judge_flat(time_ms: Ints, value: Floats, bad: Bools, flat_ms: float) -> None:
    """Marks stretches of equal values that last too long."""
    begin = 0
    for at in range(1, len(value) + 1):
        if at == len(value) or value[at] != value[at - 1] or time_ms[at] - time_ms[at - 1] > FLAT_GAP_MS:
            if time_ms[at - 1] - time_ms[begin] >= flat_ms:
                bad[begin:at] = True
            begin = at


@compiled
def _good_share(time_ms: Ints, bad: Bools) -> float:
    at, seconds, good = 0, 0, 0
    while at < len(bad):
        second, spoilt = time_ms[at] // 1000, False
        while at < len(bad) and time_ms[at] // 1000 == second:
            spoilt |= bad[at]
            at += 1
        seconds += 1
        good += not spoilt
    return good / max(seconds, 1)


def coverage(series: Series) -> Floats:
    """Share of the window's 60 seconds that have a sample, 0 to 1; float64 (windows,); 0 without samples.

    >>> coverage(Series(np.array([0, 250, 9_000]), np.ones(3), np.array([0, 3]))).item() == 2 / 60
    True
    """
    return _seconds(series.time_ms, series.offsets) / WINDOW_S


@compiled
def _seconds(time_ms: Ints, offsets: Ints) -> Ints:
    """Seconds of each window that have a sample; times rise."""
    found = np.zeros(len(offsets) - 1, dtype=np.int64)
    for window in range(len(offsets) - 1):
        reached = -1
        for at in range(offsets[window], offsets[window + 1]):
            second = time_ms[at] // 1000
            found[window] += second != reached
            reached = second
    return found


def interval_coverage(ibi: Series) -> Floats:
    """Summed length of the intervals (ms) over that of the window, at most 1; float64 (windows,).

    A beat a second need not put a sample in every second, so intervals are measured by what they span.

    >>> interval_coverage(Series(np.array([1000, 2000]), np.array([900.0, 900.0]), np.array([0, 2]))).item()
    0.03
    """
    return np.minimum(_total(ibi.value, ibi.offsets) / WINDOW_MS, 1.0)


@compiled
def _total(value: Floats, offsets: Ints) -> Floats:
    found = np.zeros(len(offsets) - 1)
    for window in range(len(offsets) - 1):
        for at in range(offsets[window], offsets[window + 1]):
            found[window] += value[at]
    return found
