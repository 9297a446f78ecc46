"""How much of a window a channel was there, how much of it can be believed, and which samples features read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipelines.signals.heart.beats import joined_coverage
from pipelines.signals.series.compiled import compiled
from pipelines.signals.series.segments import Bools, Floats, Ints, Series
from pipelines.signals.skin_contact import lost
from schemas.channels import CHANNEL_INDEX, CHANNELS, Channel
from schemas.windows import WINDOW_MS, WINDOW_S


@dataclass(frozen=True)
class Artefact:
    """What no worn sensor shows on a living body, besides values that are not plausible.

    `jump` is the greatest change between successive samples, per second and over no less than `over_s`; `flat_s` the
    time from which on one and the same value is a sensor that has lost contact, is stuck, or holds its last number.
    `skin`: the rules of skin contact hold (`skin_contact`).
    """

    jump: float = np.inf
    over_s: float = 1.0
    flat_s: float = np.inf
    skin: bool = False


FLAT_GAP_MS: Final = 2_000
"""Equal values further apart than this are two stretches."""

_STUCK: Final = Artefact(flat_s=10)
ARTEFACTS: Final = {
    "hr": Artefact(jump=25, flat_s=25),
    "ibi": Artefact(flat_s=25),
    "hrv": Artefact(flat_s=55),
    "gsr": Artefact(flat_s=10, skin=True),
    "temp": Artefact(jump=1),
    "acc_x": _STUCK,
    "acc_y": _STUCK,
    "acc_z": _STUCK,
    "spo2": Artefact(jump=4),
}
"""gsr: Kleckner et al. 2018, doi:10.1109/TBME.2017.2758643. hr, temp, spo2: faster than heart, skin and blood change.
Cardiac channels are flat when a watch on a table holds its last number: in 53 recordings of worn devices a heart rate
stood still for at most 12 s, and equal intervals followed each other for at most 5.4 s. Straps give whole beats a
minute, which stand longer; within 25 s no window gathers quality enough to be answered. A device's own variability is
made of a minute, and stands as long. Oxygen may stand for minutes. Channels not named here are judged by plausible
values alone."""

HOLD_S: Final = 5
"""So long a good second speaks for the empty ones behind it: slow sensors measure every five seconds."""


def quality(series: Series, channels: Sequence[Channel]) -> Floats:
    """Share of the window for which good samples speak, 0 to 1; float64 (windows,); 0 without samples.

    The first windows of `series` are of the first of `channels`, as many are of the next, and so on. A sample is good
    when its value is within its channel's `plausible` and it shows no artefact (`ARTEFACTS`): of a jump between
    plausible samples the later is at fault, of a flat stretch all. A second is good when all its samples are, and
    speaks for itself and at most four empty seconds behind it: one sample a minute is no minute, and neither are five
    seconds.

    >>> from schemas.channels import CHANNELS
    >>> second = np.arange(60)
    >>> hr = Series(second * 1000, np.where(second < 30, 60.0 + second % 3, 250.0), np.array([0, 60]))
    >>> quality(hr, CHANNELS[:1]).item()
    0.5
    """
    return _quality(series.time_ms, series.value, series.offsets, limits_of(channels))


def limits_of(channels: Sequence[Channel]) -> Floats:
    """The rules of channels as numbers, a row each, for the compiled functions.

    >>> from schemas.channels import CHANNELS
    >>> limits_of(CHANNELS[:1]).tolist()
    [[30.0, 220.0, 25.0, 1.0, 25000.0, 0.0]]
    """
    return np.array([_limits(each) for each in channels])


def _limits(channel: Channel) -> tuple[float, ...]:
    rule = ARTEFACTS.get(channel.name, Artefact())
    return (*map(float, channel.plausible), rule.jump, rule.over_s, rule.flat_s * 1000, float(rule.skin))


@compiled
def _quality(time_ms: Ints, value: Floats, offsets: Ints, limits: Floats) -> Floats:
    share = np.zeros(len(offsets) - 1)
    for window in range(len(share)):
        part = slice(offsets[window], offsets[window + 1])
        share[window] = good_share(time_ms[part], value[part], limits[window * len(limits) // len(share)])
    return share


@compiled
def good_share(time_ms: Ints, value: Floats, limits: Floats) -> float:
    """`quality` of one window's samples of one channel; `limits` is its row of `limits_of`."""
    bad = _unusable(time_ms, value, limits)
    _judge(time_ms, value, bad, limits)
    at, good, speaks_until = 0, 0, 0
    while at < len(bad):
        second, spoilt = time_ms[at] // 1000, False
        good += max(min(second, speaks_until) - (time_ms[at - 1] // 1000 + 1), 0) if at > 0 else 0
        while at < len(bad) and time_ms[at] // 1000 == second:
            spoilt |= bad[at]
            at += 1
        good += not spoilt
        speaks_until = 0 if spoilt else second + HOLD_S
    if len(bad):
        good += max(min(WINDOW_S, speaks_until) - (time_ms[-1] // 1000 + 1), 0)
    return good / WINDOW_S


@compiled
def _unusable(time_ms: Ints, value: Floats, limits: Floats) -> Bools:
    """One window's samples that no feature reads: not plausible, or without skin contact."""
    low, high, skin = limits[0], limits[1], limits[5]
    if skin > 0:
        bad: Bools = lost(time_ms, value, low, high)
    else:
        bad = (value < low) | (value > high)
    return bad


@compiled
def _judge(time_ms: Ints, value: Floats, bad: Bools, limits: Floats) -> None:
    """Marks the samples of one window that show an artefact."""
    jump, over_s, flat_ms = limits[2], limits[3], limits[4]
    if np.isfinite(jump):
        before = -1
        for at in range(len(value)):
            if bad[at]:
                continue
            if before >= 0:
                over = max((time_ms[at] - time_ms[before]) / 1000, over_s)
                bad[at] = abs(value[at] - value[before]) > jump * over
            before = at
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


def interval_quality(ibi: Series, corrected: Floats) -> Floats:
    """Share of the window that good intervals cover, 0 to 1; float64 (windows,); 0 without any.

    `ibi` as `beats.laid_out` gives it, `corrected` (windows,) the share of its intervals that were corrected, which are
    none: it is taken off. Good is an interval that is plausible, in no flat stretch, and joined to one that is, too.

    >>> apart = Series(np.array([900, 1800, 9000]), np.array([900.0, 905.0, 910.0]), np.array([0, 3]))
    >>> interval_quality(apart, np.zeros(1)).round(5).item()
    0.03008
    """
    rules = limits_of([CHANNELS[CHANNEL_INDEX["ibi"]]])
    good = Series(*_believed(ibi.time_ms, ibi.value, ibi.offsets, rules, True))
    return joined_coverage(good) * (1 - np.nan_to_num(corrected))


def usable(series: Series, channels: Sequence[Channel]) -> Series:
    """The samples that features read: plausible ones, of skin conductance those with contact. As `quality` reads them.

    >>> from schemas.channels import CHANNELS
    >>> hr = Series(np.array([0, 1000, 2000]), np.array([62.0, 250.0, 64.0]), np.array([0, 3]))
    >>> usable(hr, CHANNELS[:1]).value.tolist()
    [62.0, 64.0]
    """
    return Series(*_believed(series.time_ms, series.value, series.offsets, limits_of(channels), False))


@compiled
def _believed(
    time_ms: Ints, value: Floats, offsets: Ints, limits: Floats, artefacts: bool
) -> tuple[Ints, Floats, Ints]:
    """The samples that are usable and, where `artefacts` are judged, show none."""
    kept_ms, kept, ends = np.empty_like(time_ms), np.empty_like(value), np.zeros_like(offsets)
    end, windows = 0, len(offsets) - 1
    for window in range(windows):
        part, rule = slice(offsets[window], offsets[window + 1]), limits[window * len(limits) // windows]
        bad = _unusable(time_ms[part], value[part], rule)
        if artefacts:
            _judge(time_ms[part], value[part], bad, rule)
        for at in range(len(bad)):
            if not bad[at]:
                kept_ms[end], kept[end] = time_ms[offsets[window] + at], value[offsets[window] + at]
                end += 1
        ends[window + 1] = end
    return kept_ms[:end], kept[:end], ends


def coverage(series: Series) -> Floats:
    """Share of the window's 60 seconds that have a sample, 0 to 1; float64 (windows,); 0 without samples.

    >>> coverage(Series(np.array([0, 250, 9_000]), np.ones(3), np.array([0, 3]))).item() == 2 / 60
    True
    """
    return _seconds(series.time_ms, series.offsets) / WINDOW_S


@compiled
def _seconds(time_ms: Ints, offsets: Ints) -> Ints:
    """Of each window."""
    found = np.zeros(len(offsets) - 1, dtype=np.int64)
    for window in range(len(offsets) - 1):
        found[window] = seconds_held(time_ms[offsets[window] : offsets[window + 1]])
    return found


@compiled
def seconds_held(time_ms: Ints) -> int:
    """How many seconds have a sample; times rise."""
    found, reached = 0, -1
    for at in range(len(time_ms)):
        second = time_ms[at] // 1000
        found += second != reached
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
