"""A person's readings in columns: one array of times and one of values per sensor, no object per reading."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import isnan

import numpy as np
from numpy.typing import NDArray

from pipelines.signals.series.samples import SAMPLE, pack
from schemas.channels import CHANNEL_INDEX, CHANNELS
from schemas.message_rules import is_identity
from schemas.reasons import Quarantined
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
    """What the stream would accept of the recording: `judged` without the counts."""
    return judged(recording)[0]


def judged(recording: Recording) -> tuple[Recording, Counter[Quarantined]]:
    """What the stream would accept of the recording, and how many readings it would quarantine, by reason.

    Numbers that devices send for "no value" are not given in what is accepted. As in the stream the ids are judged
    first, then the date, then whether anything was measured, then the range.

    >>> wrist = stream("wrist", ["hr"], np.array([1_644_228_000_000]), np.array([[255.0]]))
    >>> dict(judged(Recording("ann", (wrist,)))[1])
    {<Quarantined.NO_MEASUREMENTS: 'no_measurements'>: 1}
    """
    found = [_judged(recording.user_id, each) for each in recording.streams]
    counts = sum((left_out for _, left_out in found), Counter[Quarantined]())
    return replace(recording, streams=tuple(kept for kept, _ in found)), counts


def shifted(recording: Recording, offset_ms: int) -> Recording:
    """The recording, labels included, moved in time."""
    streams = tuple(replace(each, timestamp_ms=each.timestamp_ms + offset_ms) for each in recording.streams)
    labels = tuple(
        Label(**{**each.model_dump(), "start_ms": each.start_ms + offset_ms, "end_ms": each.end_ms + offset_ms})
        for each in recording.labels
    )
    return Recording(recording.user_id, streams, labels)


def to_samples(recording: Recording) -> NDArray[np.void]:
    """Every value given, as packed samples in order of time, sensor, then channel (equal ones keep the streams' order).

    >>> from pipelines.signals.series.samples import channels, timestamps_ms
    >>> wrist = stream("wrist", ["hr", "gsr"], np.array([1000]), np.array([[70.0, 0.5]]))
    >>> samples = to_samples(Recording("ann", (wrist,)))
    >>> timestamps_ms(samples).tolist(), channels(samples).tolist(), samples["value"].tolist()
    ([1000, 1000], [0, 3], [70.0, 0.5])
    """
    sensors = sorted({each.sensor_id for each in recording.streams})
    parts = [_packed(each, sensors.index(each.sensor_id)) for each in recording.streams]
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


def _packed(source: Stream, number: int) -> NDArray[np.void]:
    rows, columns = np.nonzero(~np.isnan(source.values))
    channel = np.array([CHANNEL_INDEX[name] for name in source.channels], dtype=np.int64)
    return pack(source.timestamp_ms[rows], channel[columns], source.values[rows, columns], number)


def _judged(user_id: str, source: Stream) -> tuple[Stream, Counter[Quarantined]]:
    values = _known(source)
    low, high = np.array([CHANNELS[CHANNEL_INDEX[name]].valid for name in source.channels], dtype=np.float64).T
    faults = {
        Quarantined.BAD_USER_ID: np.full(len(values), not is_identity(user_id)),
        Quarantined.BAD_SENSOR_ID: np.full(len(values), not is_identity(source.sensor_id)),
        Quarantined.ABSURD_TIMESTAMP: (source.timestamp_ms < EARLIEST_MS) | (source.timestamp_ms > LATEST_MS),
        Quarantined.NO_MEASUREMENTS: np.isnan(values).all(axis=1),
        Quarantined.OUT_OF_RANGE: ((values < low) | (values > high)).any(axis=1),
    }
    left, counts = np.ones(len(values), dtype=bool), Counter[Quarantined]()
    for reason, is_faulty in faults.items():
        counts[reason] = int((left & is_faulty).sum())
        left &= ~is_faulty
    return replace(source, timestamp_ms=source.timestamp_ms[left], values=values[left]), counts


def _known(source: Stream) -> NDArray[np.float64]:
    """The values, NaN also for those that devices send for "no value"."""
    values = source.values.copy()
    for column, name in zip(values.T, source.channels, strict=True):
        if none := CHANNELS[CHANNEL_INDEX[name]].none:
            column[np.isin(column, none)] = np.nan
    return values
