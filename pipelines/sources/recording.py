"""A person's readings in columns: one array of times and one of values per sensor, no object per reading."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import isnan

import numpy as np
from numpy.typing import NDArray

from pipelines.signals.samples import SAMPLE, pack
from schemas.channels import CHANNEL_INDEX, CHANNELS
from schemas.records import Label, Reading
from schemas.windows import EARLIEST_MS, LATEST_MS


@dataclass(frozen=True, eq=False)
class Stream:
    """What one sensor gave: `values[i, j]` is `channels[j]` at `timestamp_ms[i]`.

    Times never fall. NaN stands for "not given", every row gives at least one value, none is infinite.
    """

    sensor_id: str
    channels: tuple[str, ...]
    timestamp_ms: NDArray[np.int64]
    values: NDArray[np.float64]

    def __post_init__(self) -> None:
        unknown = [name for name in self.channels if name not in CHANNEL_INDEX]
        if unknown or not self.channels:
            raise ValueError(f"{self.sensor_id}: channels {unknown or 'none'}; give names of schemas.channels")
        if self.values.shape != (len(self.timestamp_ms), len(self.channels)):
            raise ValueError(f"{self.sensor_id}: values {self.values.shape} do not fit its times and channels")
        if np.any(np.diff(self.timestamp_ms) < 0):
            raise ValueError(f"{self.sensor_id}: times fall; make it with stream()")
        if np.isinf(self.values).any() or np.isnan(self.values).all(axis=1).any():
            raise ValueError(f"{self.sensor_id}: an infinite value, or a row without any; make it with stream()")


@dataclass(frozen=True, eq=False)
class Recording:
    """All that one person's sensors gave over some time, and what is known of how the person felt."""

    user_id: str
    streams: tuple[Stream, ...]
    labels: tuple[Label, ...] = ()


def stream(
    sensor_id: str, channels: Sequence[str], timestamp_ms: NDArray[np.int64], values: NDArray[np.float64]
) -> Stream:
    """A `Stream` from rows in any order: sorted by time (equal times keep their order), rows without a value left out.

    >>> stream("wrist", ["hr"], np.array([2000, 1000]), np.array([[71.0], [70.0]])).values.tolist()
    [[70.0], [71.0]]
    """
    given = np.flatnonzero(~np.isnan(values).all(axis=1))
    order = given[np.argsort(timestamp_ms[given], kind="stable")]
    return Stream(sensor_id, tuple(channels), timestamp_ms[order].astype(np.int64), values[order])


def accepted(recording: Recording) -> Recording:
    """The recording without the readings that the stream would quarantine for their date or a value out of range."""
    return replace(recording, streams=tuple(_kept(each, _is_accepted(each)) for each in recording.streams))


def shifted(recording: Recording, offset_ms: int) -> Recording:
    """The recording, labels included, moved in time."""
    streams = tuple(replace(each, timestamp_ms=each.timestamp_ms + offset_ms) for each in recording.streams)
    labels = tuple(
        Label(**{**each.model_dump(), "start_ms": each.start_ms + offset_ms, "end_ms": each.end_ms + offset_ms})
        for each in recording.labels
    )
    return Recording(recording.user_id, streams, labels)


def to_samples(recording: Recording) -> NDArray[np.void]:
    """Every value given, as packed samples in order of time, then channel (equal ones keep the streams' order).

    >>> wrist = stream("wrist", ["hr", "gsr"], np.array([1000]), np.array([[70.0, 0.5]]))
    >>> to_samples(Recording("ann", (wrist,))).tolist()
    [(16000, 70.0), (16003, 0.5)]
    """
    parts = [_packed(each) for each in recording.streams]
    samples = np.concatenate(parts) if parts else np.empty(0, dtype=SAMPLE)
    return samples[np.argsort(samples["key"], kind="stable")]


def to_readings(recording: Recording) -> Iterator[Reading]:
    """The accepted readings as records, in event-time order; for tests and small jobs, being an object per reading."""
    streams = accepted(recording).streams
    if not streams:
        return
    times = np.concatenate([each.timestamp_ms for each in streams])
    owner = np.repeat(np.arange(len(streams)), [len(each.timestamp_ms) for each in streams])
    row = np.concatenate([np.arange(len(each.timestamp_ms)) for each in streams])
    for index in np.argsort(times, kind="stable"):
        yield _reading(recording.user_id, streams[owner[index]], int(row[index]))


def _reading(user_id: str, source: Stream, row: int) -> Reading:
    values = zip(source.channels, source.values[row].tolist(), strict=True)
    given = {name: value for name, value in values if not isnan(value)}
    return Reading.model_validate(
        {
            "timestamp": int(source.timestamp_ms[row]),
            "user_id": user_id,
            "sensor_id": source.sensor_id,
            "measurements": given,
        }
    )


def _packed(source: Stream) -> NDArray[np.void]:
    rows, columns = np.nonzero(~np.isnan(source.values))
    channel = np.array([CHANNEL_INDEX[name] for name in source.channels], dtype=np.int64)
    return pack(source.timestamp_ms[rows], channel[columns], source.values[rows, columns])


def _is_accepted(source: Stream) -> NDArray[np.bool_]:
    low, high = np.array([CHANNELS[CHANNEL_INDEX[name]].valid for name in source.channels], dtype=np.float64).T
    out_of_range = ((source.values < low) | (source.values > high)).any(axis=1)
    dated = (source.timestamp_ms >= EARLIEST_MS) & (source.timestamp_ms <= LATEST_MS)
    return np.asarray(dated & ~out_of_range)


def _kept(source: Stream, rows: NDArray[np.bool_]) -> Stream:
    return replace(source, timestamp_ms=source.timestamp_ms[rows], values=source.values[rows])
