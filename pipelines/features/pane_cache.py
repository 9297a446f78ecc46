"""Windows put together again from panes: the samples of five seconds travel once, not with all twelve windows.

Crossing from the JVM to Python cost more than computing: 30 KB a window with all its samples, 2.5 KB with those of its
last pane. What this process keeps is a cache, never state: the JVM's checkpoint has all of it, and each user's first
window after a restore comes whole. See docs/decisions/0007-what-the-features-path-spends.md.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.signals.series.samples import SAMPLE, SOURCE_SLOTS, from_sources, joined

Samples = NDArray[np.void]

HEAD: Final = struct.Struct("<iiq")
"""Of a pane's frame: bytes of the sensors' names, of the samples, and its start. The names follow, then the samples
(`Pane.java`)."""

NONE: Final = np.empty(0, dtype=SAMPLE)


@dataclass(frozen=True, eq=False)
class Pane:
    """The samples of five seconds, their sources numbered in the order of the sensors' names."""

    start_ms: int
    sensors: tuple[str, ...]
    samples: Samples
    size: int
    """Length of its frame in bytes."""


@dataclass(frozen=True)
class SentWindow:
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
        panes |= {pane.start_ms: pane for pane in unframed(window.frames)}
        for start_ms in [start_ms for start_ms in panes if start_ms < window.start_ms]:
            del panes[start_ms]
        found = list(panes.values())
        self._keep(window, panes)
        known = sum(pane.size for pane in found)
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

    >>> pane = next(unframed(framed(5_000, ["b", "a"], NONE)))
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
        sensors = frames[names_at : names_at + name_bytes].decode().split("\n")
        samples = np.frombuffer(frames, SAMPLE, sample_bytes // SAMPLE.itemsize, names_at + name_bytes)
        end = names_at + name_bytes + sample_bytes
        yield Pane(start_ms, tuple(sorted(sensors)), _numbered(samples, sensors, sorted(sensors)), end - at)
        at = end


def _together(panes: list[Pane]) -> Samples:
    """All samples in one array, aligned as compiled loops want them."""
    if len({pane.sensors for pane in panes}) <= 1:
        return joined(pane.samples for pane in panes)
    sensors = sorted({name for pane in panes for name in pane.sensors})
    return joined(_numbered(pane.samples, pane.sensors, sensors) for pane in panes)


def _numbered(samples: Samples, known: "list[str] | tuple[str, ...]", wanted: list[str]) -> Samples:
    """The samples with sources that are places in `known` made places in `wanted`."""
    if list(known) == wanted:
        return samples
    place = {name: number for number, name in enumerate(wanted)}
    renumbered = np.array([min(place[name], SOURCE_SLOTS - 1) for name in known], dtype=np.int64)
    return from_sources(samples, renumbered)
