"""One window's feature record from its readings: what a program that sees single windows calls, each time."""

from collections.abc import Iterable, Mapping

import numpy as np

from pipelines.features.compute import WindowFeatures, compute_blobs
from pipelines.features.records import feature_records
from pipelines.signals.series.samples import pack
from schemas.channels import CHANNEL_INDEX

Row = tuple[int, Mapping[str, float]]
"""Event time and measurements of a reading."""


def computed(start_ms: int, rows: Iterable[Row]) -> WindowFeatures:
    """The same arithmetic as the stream's, on a batch of one."""
    values = [(at, CHANNEL_INDEX[name], value) for at, given in rows for name, value in given.items()]
    at, channel, value = (np.array(column) for column in zip(*values, strict=True))
    return compute_blobs(np.array([start_ms]), [pack(at, channel, value).tobytes()])


def window_record(user_id: str, start_ms: int, rows: Iterable[Row]) -> bytes:
    return feature_records(computed(start_ms, rows), [user_id], np.array([start_ms]))[0]
