"""Files of one JSON reading per line (`schemas.records.Reading`), plain or gzipped, read a line at a time."""

import zlib
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from pipelines.core.errors import InputError
from pipelines.core.text_files import utf8_lines
from pipelines.sources.reading_decoder import Decoded, RejectedError, decode_line
from pipelines.sources.recording import Recording, Stream, stream
from schemas.channels import CHANNEL_NAMES
from schemas.reasons import Quarantined

SUFFIXES: Final = (".jsonl", ".jsonl.gz")

Sensor = tuple[str, str, tuple[str, ...]]
Columns = tuple["array[int]", "array[float]"]


def is_file(path: Path) -> bool:
    """Whether the path is a file with a JSON-lines name, in any case.

    >>> is_file(Path("no/such/day.jsonl.gz"))
    False
    """
    return path.name.lower().endswith(SUFFIXES) and path.is_file()


def readings(path: Path) -> Iterator[Decoded]:
    """The readings of a file, in its order, as they are read, judged as the stream judges messages.

    Lines that measure nothing, and blank ones, are skipped. A number out of its channel's range is let through, and so
    is one that stands for "no value": judging them is the task of the stream, or of `recording.judged`. Anything else
    that the stream would refuse raises `InputError` naming file, line, reason and field.
    """
    number = 0
    try:
        with utf8_lines(path) as lines:
            for number, line in enumerate(lines, 1):
                if not line.isspace():
                    yield from _readings(path, number, line)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            f"{path}, after line {number}: cannot be read ({error}); copy or pack the file again"
        ) from error


def recordings(path: Path) -> list[Recording]:
    """The readings of a file in columns: a recording per user, a stream per sensor and set of channels it gives."""
    table: dict[Sensor, Columns] = {}
    for reading in readings(path):
        channels = tuple(name for name in CHANNEL_NAMES if name in reading.measurements)
        columns = table.setdefault((reading.user_id, reading.sensor_id, channels), (array("q"), array("d")))
        columns[0].append(reading.timestamp_ms)
        columns[1].extend(reading.measurements[name] for name in channels)
    users = dict.fromkeys(user_id for user_id, _, _ in table)
    return [Recording(user, tuple(_stream(*item) for item in table.items() if item[0][0] == user)) for user in users]


def _readings(path: Path, number: int, line: bytes) -> tuple[Decoded, ...]:
    try:
        return decode_line(line.rstrip(b"\r\n"))
    except RejectedError as fault:
        if fault.reason == Quarantined.NO_MEASUREMENTS:
            return ()
        raise InputError(
            f"{path}, line {number}: {fault}; each line must be one JSON reading, so correct or remove it"
        ) from None


def _stream(sensor: Sensor, columns: Columns) -> Stream:
    _, sensor_id, channels = sensor
    values = np.array(columns[1], dtype=np.float64).reshape(-1, len(channels))
    return stream(sensor_id, channels, np.array(columns[0], dtype=np.int64), values)
