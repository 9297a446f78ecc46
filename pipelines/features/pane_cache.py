"""Windows put together again from panes: the samples of five seconds travel once, not with all twelve windows.

Crossing from the JVM to Python cost more than computing: 30 KB a window with all its samples, 2.5 KB with those of its
last pane. What this process keeps is a cache, never state: the JVM's checkpoint has all of it, and each user's first
window after a restore comes whole. See docs/decisions/0007-what-the-features-path-spends.md.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.signals.series.samples import SAMPLE, SOURCE_SLOTS, from_sources

Samples = NDArray[np.void]

HEAD: Final = struct.Struct("<iiq")
"""Of a pane's frame: bytes of the sensors' names, of the samples, and its start. The names follow, then the samples
(`Pane.java`)."""


class Pane(NamedTuple):
    """The samples of five seconds, as bytes, their sources numbered in the order of the sensors' names."""

    start_ms: int
    sensors: tuple[str, ...]
    samples: bytes
    size: int
    """Length of its frame in bytes."""


class SentWindow(NamedTuple):
    """A window as the stream sends it: the frame of its last pane or, where `fresh`, of all its panes.

    `size` is the length in bytes of all frames of the window.
    """

    user_id: str
    start_ms: int
    fresh: bool
    size: int
    frames: bytes


@dataclass(frozen=True)
class FollowedPanes:
    """The panes that each user's next windows share with the last one.

    It holds nothing that the stream's state does not: after a restore every user's first window is fresh. Who sends no
    reading for a minute has no pane left, and is forgotten: the JVM sends windows until then.
    """

    _kept: dict[str, dict[int, Pane]] = field(default_factory=dict)
    """By user: panes by their start, in order."""

    def samples(self, window: SentWindow) -> Samples:
        """The window's samples; the windows of one user must come in order.

        Sources are numbered in the order of the names of the window's sensors, whenever each first came.
        Raises ValueError where a pane is missing: half a window must not be computed.

        >>> from pipelines.signals.series.samples import pack
        >>> first, second = (framed(ms, ["wrist"], pack(np.array([ms]), np.array([0]), np.ones(1)))
        ...                  for ms in (60_000, 65_000))
        >>> followed = FollowedPanes()
        >>> len(followed.samples(SentWindow("ann", 5_000, True, len(first), first)))
        1
        >>> len(followed.samples(SentWindow("ann", 10_000, False, len(first + second), second)))
        2
        >>> followed.samples(SentWindow("ben", 10_000, False, len(first + second), second))
        Traceback (most recent call last):
        ValueError: window of user 'ben' from 10000: 37 of its 74 bytes are known
        """
        panes = {} if window.fresh else self._kept.get(window.user_id, {})
        for pane in unframed(window.frames):
            panes[pane.start_ms] = pane
        for start_ms in [start_ms for start_ms in panes if start_ms < window.start_ms]:
            del panes[start_ms]
        found = list(panes.values())
        self._keep(window, panes)
        known = sum([pane.size for pane in found])
        if known != window.size:
            which = f"window of user {window.user_id!r} from {window.start_ms}"
            raise ValueError(f"{which}: {known} of its {window.size} bytes are known")
        return _together(found)

    def _keep(self, window: SentWindow, panes: dict[int, Pane]) -> None:
        """All but the pane that leaves with this window; a user without panes is not followed any longer."""
        panes.pop(window.start_ms, None)
        if panes:
            self._kept[window.user_id] = panes
        else:
            self._kept.pop(window.user_id, None)


def framed(start_ms: int, sensors: list[str], samples: Samples) -> bytes:
    """A pane as it travels; the samples' sources are places in `sensors`.

    >>> pane = next(unframed(framed(5_000, ["b", "a"], np.empty(0, dtype=SAMPLE))))
    >>> pane.start_ms, pane.sensors
    (5000, ('a', 'b'))
    """
    names = "\n".join(sensors).encode()
    return HEAD.pack(len(names), samples.nbytes, start_ms) + names + samples.tobytes()


def unframed(frames: bytes) -> Iterator[Pane]:
    """The panes whose frames follow each other in the bytes."""
    at = 0
    while at < len(frames):
        name_bytes, sample_bytes, start_ms = HEAD.unpack_from(frames, at)
        names_at = at + HEAD.size
        samples_at = names_at + name_bytes
        end = samples_at + sample_bytes
        sensors, wanted = _named(frames[names_at:samples_at])
        yield Pane(start_ms, wanted, _numbered(frames[samples_at:end], sensors, wanted), end - at)
        at = end


@lru_cache(maxsize=1 << 12)
def _named(names: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The sensors as a pane numbers them, and in order of their names; most panes have the same few."""
    sensors = tuple(names.decode().split("\n"))
    return sensors, tuple(sorted(sensors))


def _together(panes: list[Pane]) -> Samples:
    """All samples in one array."""
    named = {pane.sensors for pane in panes}
    sensors = named.pop() if len(named) == 1 else tuple(sorted({name for each in named for name in each}))
    return np.frombuffer(b"".join([_numbered(pane.samples, pane.sensors, sensors) for pane in panes]), SAMPLE)


def _numbered(samples: bytes, known: tuple[str, ...], wanted: tuple[str, ...]) -> bytes:
    """The samples with sources that are places in `known` made places in `wanted`."""
    if known == wanted:
        return samples
    place = {name: number for number, name in enumerate(wanted)}
    renumbered = np.array([min(place[name], SOURCE_SLOTS - 1) for name in known], dtype=np.int64)
    return from_sources(np.frombuffer(samples, SAMPLE), renumbered).tobytes()
