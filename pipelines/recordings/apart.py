"""Whether recordings are of different times: one sensor of one user is in one place at a time."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from pipelines.core.errors import InputError
from pipelines.signals.series.segments import Ints
from pipelines.sources.recording import Recording
from schemas.windows import LATENESS_MS, WINDOW_MS

MOST_SHARED_MS: Final = LATENESS_MS
"""Readings come out of order by so much: a file that goes on where another ends may begin so much before its end."""

GAP_MS: Final = WINDOW_MS
"""A sensor that was silent for longer recorded two stretches, between which another file may have its place."""

Span = tuple[int, int]
Measured = tuple[str, str, str]
"""User, sensor and channel."""


@dataclass(frozen=True)
class Held:
    """When one recording holds a channel of a user's sensor: stretches in order of time, ends excluded."""

    where: str
    measured: Measured
    spans: tuple[Span, ...]

    def as_json(self) -> list[Any]:
        return [self.where, self.measured, self.spans]

    @classmethod
    def of_json(cls, written: Sequence[Any]) -> "Held":
        where, measured, spans = written
        user_id, sensor_id, channel = measured
        return cls(where, (user_id, sensor_id, channel), tuple((first, end) for first, end in spans))


class Apart:
    """Recordings added one by one, of which no two hold one channel of one sensor of one user at the same time.

    Two devices of a user may record at once: they have ids of their own, or measure different channels.
    """

    def __init__(self) -> None:
        self._held: dict[Measured, list[Held]] = defaultdict(list)

    def add(self, where: Path, recording: Recording) -> None:
        """Raises InputError, naming both, where it shares time with one that was added before."""
        for each in held(where, recording):
            self.add_held(each)

    def add_held(self, held: Held) -> None:
        """The same for a part of a recording; parts of one recording are not compared with each other."""
        others = self._held[held.measured]
        for other in others:
            if other.where != held.where:
                _check(other, held)
        others.append(held)


def held(where: Path, recording: Recording) -> Iterator[Held]:
    """What a recording holds, channel by channel."""
    times: dict[tuple[str, str], list[Ints]] = defaultdict(list)
    for stream in recording.streams:
        for name, values in zip(stream.channels, stream.values.T, strict=True):
            times[stream.sensor_id, name].append(stream.timestamp_ms[~np.isnan(values)])
    for (sensor_id, channel), parts in times.items():
        yield Held(str(where), (recording.user_id, sensor_id, channel), _spans(np.sort(np.concatenate(parts))))


def _spans(times_ms: Ints) -> tuple[Span, ...]:
    """Stretches of ascending times without a gap of more than `GAP_MS`; each ends a millisecond after its last time."""
    if not len(times_ms):
        return ()
    cuts = np.flatnonzero(np.diff(times_ms) > GAP_MS)
    firsts, lasts = times_ms[np.r_[0, cuts + 1]], times_ms[np.r_[cuts, len(times_ms) - 1]]
    return tuple(zip(firsts.tolist(), (lasts + 1).tolist(), strict=True))


def _check(one: Held, other: Held) -> None:
    shared = list(_shared(one.spans, other.spans))
    shorter_ms = min(_length_ms(one.spans), _length_ms(other.spans))
    if _length_ms(shared) > min(MOST_SHARED_MS, shorter_ms / 2):
        user_id, sensor_id, channel = one.measured
        when = f"from {_iso(shared[0][0])} to {_iso(shared[-1][1])}"
        raise InputError(
            f"{one.where} and {other.where} both hold {channel} of {user_id}'s sensor {sensor_id} {when}: leave one"
            " out, or give different people different ids (labels.csv, user_id), and devices different sensor_ids"
        )


def _shared(some: Sequence[Span], others: Sequence[Span]) -> Iterator[Span]:
    """The time that lies in a span of each; both are in order, without overlap."""
    mine, theirs = iter(some), iter(others)
    one, other = next(mine, None), next(theirs, None)
    while one and other:
        first, end = max(one[0], other[0]), min(one[1], other[1])
        if first < end:
            yield first, end
        if one[1] <= other[1]:
            one = next(mine, None)
        else:
            other = next(theirs, None)


def _length_ms(spans: Sequence[Span]) -> int:
    return sum(end - first for first, end in spans)


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds")
