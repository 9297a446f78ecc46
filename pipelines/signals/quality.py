"""How much of what a channel gave can be believed."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from pipelines.compiled import compiled
from pipelines.signals.intervals import TOLERANCE_MS
from pipelines.signals.segments import Bools, Floats, Ints, Series
from schemas.channels import Channel


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


def quality(series: Series, channel: Channel) -> Floats:
    """Share of the seconds with samples whose samples are all good, 0 to 1; float64 (windows,); 0 without samples.

    A sample is good when its value is within `channel.plausible` and it shows no artefact (`ARTEFACTS`): of a jump
    the later sample is at fault, of a flat stretch all.

    >>> from schemas.channels import CHANNELS
    >>> hr = Series(np.array([0, 1000, 2000, 3000]), np.array([60.0, 61.0, 250.0, 251.0]), np.array([0, 4]))
    >>> quality(hr, CHANNELS[0]).item()
    0.5
    """
    return _good_share(series.time_ms, faulty(series, channel), series.offsets)


@compiled
def _good_share(time_ms: Ints, bad: Bools, offsets: Ints) -> Floats:
    share = np.zeros(len(offsets) - 1)
    for window in range(len(offsets) - 1):
        at, last = offsets[window], offsets[window + 1]
        seconds, good = 0, 0
        while at < last:
            second, spoilt = time_ms[at] // 1000, False
            while at < last and time_ms[at] // 1000 == second:
                spoilt |= bad[at]
                at += 1
            seconds += 1
            good += not spoilt
        share[window] = good / max(seconds, 1)
    return share


def faulty(series: Series, channel: Channel) -> Bools:
    """Which samples are not plausible or show an artefact; bool (samples,).

    >>> from schemas.channels import CHANNELS
    >>> faulty(Series(np.array([0, 1000]), np.array([60.0, 90.0]), np.array([0, 2])), CHANNELS[0]).tolist()
    [False, True]
    """
    rule = ARTEFACTS.get(channel.name, Artefact())
    flat_ms = rule.flat_s * 1000
    limits = (*channel.plausible, rule.jump, rule.over_s, rule.ratio, flat_ms)
    return _faulty(series.time_ms, series.value, series.offsets, np.array(limits, dtype=np.float64))


@compiled
def _faulty(time_ms: Ints, value: Floats, offsets: Ints, limits: Floats) -> Bools:
    low, high, jump, over_s, ratio, flat_ms = limits
    bad = np.zeros(len(value), dtype=np.bool_)
    for window in range(len(offsets) - 1):
        first, last = offsets[window], offsets[window + 1]
        flat_from = first
        for at in range(first, last):
            bad[at] = value[at] < low or value[at] > high
            if at == first:
                continue
            gap_ms, change = time_ms[at] - time_ms[at - 1], value[at] - value[at - 1]
            bad[at] |= abs(change) > jump * max(gap_ms / 1000, over_s)
            if np.isfinite(ratio) and abs(gap_ms - value[at]) <= TOLERANCE_MS:
                bad[at] |= abs(change) > ratio * value[at - 1]
            if change != 0 or gap_ms > FLAT_GAP_MS:
                _spoil_flat(time_ms, bad, flat_from, at, flat_ms)
                flat_from = at
        _spoil_flat(time_ms, bad, flat_from, last, flat_ms)
    return bad


@compiled
def _spoil_flat(time_ms: Ints, bad: Bools, first: int, last: int, flat_ms: float) -> None:
    """Marks a stretch of equal values that lasts too long."""
    if first < last and time_ms[last - 1] - time_ms[first] >= flat_ms:
        bad[first:last] = True
