"""A user's resting level: which windows are at rest, and mean and spread of every feature over them.

A window is at rest when the wearer hardly moved and the body was seen; of users without an accelerometer, when the
body was seen. Parts of a history are taken alone and joined: that gives what the whole would have given.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from pipelines.signals.series.segments import Floats, Ints
from schemas.channels import BODY_CHANNELS, CHANNEL_INDEX
from schemas.feature_table import FEATURE_INDEX

STILL_G: Final = 0.02
"""Below this spread of acceleration a wearer hardly moves. On recorded wearers it leaves the night's level nearest to
that of an enrolment: within 0.4 of the distance between two people (all windows: 0.5; where most of the day was
exercise 0.6 and 1.0). Stillness tells rest from exercise, not from a stressful task on a chair; asking for a low
heart rate, too, would, but shifts the resting heart rate itself by 0.5 of that distance."""

LEAST_SEEN: Final = 0.5
"""Share of the window with good signal in at least one channel of the body: evidence that a device was worn."""

LEAST_AT_REST: Final = 60
"""Windows at rest that a night needs, five minutes. With twelve the level is half as far again from the final one,
with twice as many it hardly gets nearer."""


class LeftOut(StrEnum):
    """Why a user gets no baseline."""

    FEW_WINDOWS = "few_windows"
    LITTLE_SIGNAL = "little_signal"
    IN_MOTION = "in_motion"


@dataclass(frozen=True, eq=False)
class Moments:
    """Of each feature, over some windows; (features,) each."""

    count: Ints
    """Windows in which it is known."""
    centre: Floats
    """Its mean there; 0 where it is never known."""
    squares: Floats
    """Sum of squared deviations from the mean."""

    @property
    def mean(self) -> Floats:
        """NaN for a feature never known."""
        return np.where(self.count > 0, self.centre, np.nan)

    @property
    def std(self) -> Floats:
        """Sample standard deviation; NaN for a feature known less than twice."""
        spread: Floats = np.sqrt(self.squares / np.where(self.count > 1, self.count - 1.0, np.nan))
        return spread

    def joined(self, other: Self) -> "Moments":
        """Of both sets of windows; as exact as over all at once (Chan, Golub and LeVeque 1983).

        >>> one, other = moments(np.array([[1.0], [np.nan]])), moments(np.array([[3.0], [5.0]]))
        >>> one.joined(other).mean.tolist(), one.joined(other).std.tolist()
        ([3.0], [2.0])
        """
        count = self.count + other.count
        share = other.count / np.maximum(count, 1)
        apart = other.centre - self.centre
        squares = self.squares + other.squares + apart * apart * self.count * share
        return Moments(count, np.where(self.count > 0, self.centre + apart * share, other.centre), squares)


def moments(features: Floats) -> Moments:
    """Of features (windows, features), NaN where missing; in two passes, so that a great mean hides no small spread."""
    known = ~np.isnan(features)
    count = known.sum(axis=0)
    divisor = np.maximum(count, 1)
    rough = np.where(known, features, 0.0).sum(axis=0) / divisor
    deviation = np.where(known, features - rough, 0.0)
    rest = deviation.sum(axis=0)
    squares = np.maximum((deviation * deviation).sum(axis=0) - rest * rest / divisor, 0.0)
    return Moments(count, rough + rest / divisor, squares)


@dataclass(frozen=True, eq=False)
class Rest:
    """What some windows of one user tell about rest."""

    windows: int
    seen: int
    """Windows with good signal of the body."""
    at_rest: int
    senses_motion: bool
    """Whether any window has acceleration: then only still windows are at rest."""
    moments: Moments
    """Over the windows at rest."""

    @classmethod
    def of(cls, features: Floats, quality: Floats) -> Self:
        """From (windows, features) and (windows, channels), as `compute_windows` gives them."""
        spread_g = features[:, FEATURE_INDEX["acc_mag_std"]]
        senses_motion = not np.isnan(spread_g).all()
        seen = is_seen(quality)
        at_rest = seen & is_still(spread_g, quality) if senses_motion else seen
        return cls(len(features), int(seen.sum()), int(at_rest.sum()), senses_motion, moments(features[at_rest]))

    def joined(self, other: Self) -> "Rest":
        """Of both sets of windows: where one alone knows of motion, only its windows are at rest."""
        windows, seen = self.windows + other.windows, self.seen + other.seen
        if self.senses_motion != other.senses_motion:
            known = self if self.senses_motion else other
            return Rest(windows, seen, known.at_rest, True, known.moments)
        at_rest = self.at_rest + other.at_rest
        return Rest(windows, seen, at_rest, self.senses_motion, self.moments.joined(other.moments))

    @property
    def left_out(self) -> LeftOut | None:
        """Why these windows make no baseline; None: they do."""
        for counted, reason in (
            (self.windows, LeftOut.FEW_WINDOWS),
            (self.seen, LeftOut.LITTLE_SIGNAL),
            (self.at_rest, LeftOut.IN_MOTION),
        ):
            if counted < LEAST_AT_REST:
                return reason
        return None


def is_seen(quality: Floats) -> NDArray[np.bool_]:
    """In which windows the body was seen; (windows, channels) -> (windows,).

    >>> quality = np.zeros((2, 12))
    >>> quality[0, CHANNEL_INDEX["hr"]], quality[1, CHANNEL_INDEX["temp"]] = 0.5, 1.0
    >>> is_seen(quality).tolist()
    [True, False]
    """
    body = [CHANNEL_INDEX[name] for name in BODY_CHANNELS]
    seen: NDArray[np.bool_] = quality[:, body].max(axis=1) >= LEAST_SEEN
    return seen


def is_still(spread_g: Floats, quality: Floats) -> NDArray[np.bool_]:
    """In which windows the wearer hardly moved: spread of acceleration (windows,), quality (windows, channels).

    False where acceleration is missing or good for less than half of the window.

    >>> is_still(np.array([0.01, 0.03, np.nan]), np.ones((3, 12))).tolist()
    [True, False, False]
    """
    return (spread_g < STILL_G) & (quality[:, CHANNEL_INDEX["acc_x"]] >= LEAST_SEEN)
