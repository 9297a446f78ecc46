"""How much of what a channel gave can be believed."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from pipelines.signals.intervals import successive
from pipelines.signals.segments import Bools, Floats, Series
from schemas.channels import Channel
from schemas.windows import WINDOW_S


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
    if not len(series.value):
        return np.zeros(series.windows)
    bad = faulty(series, channel)
    spoilt = np.bincount(series.second[bad], minlength=series.windows * WINDOW_S).reshape(-1, WINDOW_S) > 0
    there = (series.per_second > 0).sum(axis=1)
    share: Floats = (there - spoilt.sum(axis=1)) / np.maximum(there, 1)
    return share


def faulty(series: Series, channel: Channel) -> Bools:
    """Which samples are not plausible or show an artefact; bool (samples,).

    >>> from schemas.channels import CHANNELS
    >>> faulty(Series(np.array([0, 1000]), np.array([60.0, 90.0]), np.array([0, 2])), CHANNELS[0]).tolist()
    [False, True]
    """
    low, high = channel.plausible
    bad = (series.value < low) | (series.value > high)
    rule = ARTEFACTS.get(channel.name)
    if rule is None or len(bad) < 2:
        return bad
    if np.isfinite(rule.jump):
        bad[1:] |= _jumps(series, rule)
    if np.isfinite(rule.ratio):
        bad[1:] |= _breaks_rhythm(series, rule)
    if np.isfinite(rule.flat_s):
        bad |= _flat(series, rule)
    return bad


def _jumps(series: Series, rule: Artefact) -> Bools:
    over_s = np.maximum(np.diff(series.time_ms) / 1000, rule.over_s)
    jumps: Bools = series.follows & (np.abs(np.diff(series.value)) > rule.jump * over_s)
    return jumps


def _breaks_rhythm(ibi: Series, rule: Artefact) -> Bools:
    breaks: Bools = successive(ibi)[1:] & (np.abs(np.diff(ibi.value)) > rule.ratio * ibi.value[:-1])
    return breaks


def _flat(series: Series, rule: Artefact) -> Bools:
    goes_on = series.follows & (series.value[1:] == series.value[:-1]) & (np.diff(series.time_ms) <= FLAT_GAP_MS)
    begin = np.concatenate(([0], np.flatnonzero(~goes_on) + 1))
    end = np.append(begin[1:], len(series.value))
    long = series.time_ms[end - 1] - series.time_ms[begin] >= rule.flat_s * 1000
    return np.repeat(long, end - begin)
