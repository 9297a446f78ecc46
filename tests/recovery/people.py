"""The people who are replayed: recorded ones where a folder of recordings is named, else simulated."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from pipelines.recordings.discover import sources
from pipelines.replay.people import simulated
from pipelines.sources.recording import Recording, Stream, shifted

START_MS = 1_748_779_200_000
"""2025-06-01T12:00:00Z."""


def people(count: int, *, minutes: float) -> list[Recording]:
    """So many people who all begin at the same time, for so many minutes."""
    folder = os.environ.get("EQM_RECORDINGS")
    if not folder:
        return simulated(count, minutes=minutes, start="2025-06-01T12:00:00Z", seed=8)
    found = sources([Path(folder, "stress_predict")])[:count]
    recorded = [recording for source in found for recording in source.read()]
    return [_cut(recording, round(minutes * 60_000)) for recording in recorded]


def _cut(recording: Recording, length_ms: int) -> Recording:
    first_ms = min(int(stream.timestamp_ms[0]) for stream in recording.streams if len(stream.timestamp_ms))
    moved = shifted(replace(recording, labels=()), START_MS - first_ms)
    return replace(moved, streams=tuple(_head(stream, START_MS + length_ms) for stream in moved.streams))


def _head(stream: Stream, end_ms: int) -> Stream:
    kept = int(np.searchsorted(stream.timestamp_ms, end_ms))
    return replace(stream, timestamp_ms=stream.timestamp_ms[:kept], values=stream.values[:kept])
