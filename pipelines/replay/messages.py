"""The pure half of replay: recordings as JSON readings in event-time order, and when each is due."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import orjson
from numpy.typing import NDArray

from pipelines.sources.recording import Recording, Stream

Sent = tuple[str, int, str, bytes]
"""user id, event time in epoch ms, sensor id, the reading as JSON."""

BLOCK_MS: Final = 20_000
NEVER: Final = np.iinfo(np.int64).max


@dataclass(frozen=True, eq=False)
class _Feed:
    user_id: str
    stream: Stream
    template: bytes


def in_event_time(recordings: Sequence[Recording], *, iso_timestamps: bool = False) -> Iterator[Sent]:
    """All readings of all people and sensors in event-time order; equal times keep the order of recordings and streams.

    Encodes blocks of event time, so memory holds the recordings and one block. Timestamps are integer epoch ms, or
    ISO-8601 UTC text; a channel that a row does not give is null.
    """
    feeds = [_Feed(each.user_id, s, _template(each, s)) for each in recordings for s in each.streams]
    feeds = [feed for feed in feeds if len(feed.stream.timestamp_ms)]
    position = np.zeros(len(feeds), dtype=np.int64)
    next_ms = np.array([feed.stream.timestamp_ms[0] for feed in feeds], dtype=np.int64)
    while len(feeds) and (start_ms := int(next_ms.min())) != NEVER:
        active = np.flatnonzero(next_ms < start_ms + BLOCK_MS).tolist()
        parts = []
        for index in active:
            times = feeds[index].stream.timestamp_ms
            stop = int(np.searchsorted(times, start_ms + BLOCK_MS))
            parts.append((feeds[index], slice(int(position[index]), stop)))
            position[index] = stop
            next_ms[index] = times[stop] if stop < len(times) else NEVER
        yield from _merged(parts, iso_timestamps=iso_timestamps)


def due_s(timestamp_ms: int, *, first_ms: int, speed: float) -> float:
    """Seconds after the start of the replay at which a reading is due; at infinite speed all are due at once.

    >>> due_s(61_000, first_ms=1_000, speed=10.0), due_s(61_000, first_ms=1_000, speed=float("inf"))
    (6.0, 0.0)
    """
    if not speed > 0:
        raise ValueError(f"speed {speed}; give a number above 0, or infinity")
    return (timestamp_ms - first_ms) / 1000 / speed


def _template(recording: Recording, stream: Stream) -> bytes:
    user_id, sensor_id = (orjson.dumps(name).replace(b"%", b"%%") for name in (recording.user_id, stream.sensor_id))
    members = b",".join(b'"%s":%%b' % name.encode() for name in stream.channels)
    identity = b'"user_id":%b,"sensor_id":%b' % (user_id, sensor_id)
    return b'{"timestamp":%b,' + identity + b',"measurements":{' + members + b"}}"


def _merged(parts: list[tuple[_Feed, slice]], *, iso_timestamps: bool) -> Iterator[Sent]:
    times: list[int] = []
    rows: list[Sent] = []
    for feed, part in parts:
        part_ms = feed.stream.timestamp_ms[part]
        part_times = part_ms.tolist()
        times += part_times
        user_id, sensor_id = feed.user_id, feed.stream.sensor_id
        values = _encoded(feed, part, _stamps(part_ms, iso=iso_timestamps))
        rows += [(user_id, at, sensor_id, value) for at, value in zip(part_times, values, strict=True)]
    for index in np.argsort(np.array(times, dtype=np.int64), kind="stable").tolist():
        yield rows[index]


def _encoded(feed: _Feed, part: slice, stamps: list[bytes]) -> Iterator[bytes]:
    columns = [_numbers(column) for column in feed.stream.values[part].T]
    return (feed.template % row for row in zip(stamps, *columns, strict=True))


def _numbers(values: NDArray[np.float64] | NDArray[np.int64]) -> list[bytes]:
    text = orjson.dumps(np.ascontiguousarray(values), option=orjson.OPT_SERIALIZE_NUMPY)
    return text[1:-1].split(b",")


def _stamps(times_ms: NDArray[np.int64], *, iso: bool) -> list[bytes]:
    if not iso:
        return _numbers(times_ms)
    texts = np.datetime_as_string(times_ms.astype("datetime64[ms]"), unit="ms")
    return [b'"%bZ"' % text.encode() for text in texts.tolist()]
