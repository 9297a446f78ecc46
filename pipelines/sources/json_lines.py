"""Files of one JSON reading per line (`schemas.records.Reading`), plain or gzipped, read a line at a time."""

import gzip
import zlib
from array import array
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Final

import numpy as np
import orjson
from pydantic import ValidationError

from pipelines.core.errors import InputError
from pipelines.sources.recording import Recording, Stream, stream
from schemas.channels import CHANNEL_NAMES
from schemas.records import Measurements, Reading

SUFFIXES: Final = (".jsonl", ".jsonl.gz")
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
OUT_OF_RANGE: Final = {"greater_than_equal", "less_than_equal"}

Sensor = tuple[str, str, tuple[str, ...]]
Columns = tuple["array[int]", "array[float]"]


def is_file(path: Path) -> bool:
    """Whether the path is a file with a JSON-lines name.

    >>> is_file(Path("no/such/day.jsonl.gz"))
    False
    """
    return path.name.endswith(SUFFIXES) and path.is_file()


def readings(path: Path) -> Iterator[Reading]:
    """The readings of a file, in its order, as they are read; blank lines are skipped.

    A value outside its channel's range is let through: judging it is the stream's task. Anything else that the record
    does not allow raises `InputError` naming file and line.
    """
    number = 0
    try:
        with _opened(path) as file:
            for number, line in enumerate(file, 1):
                if not line.isspace():
                    yield _reading(path, number, line)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            f"{path}, after line {number}: cannot be read ({error}); copy or pack the file again"
        ) from error


def epoch_ms(reading: Reading) -> int:
    """Event time of a reading in epoch milliseconds; a fraction of a millisecond is cut off.

    >>> rest = '"user_id": "a", "sensor_id": "b", "measurements": {"hr": 60}}'
    >>> epoch_ms(Reading.model_validate_json('{"timestamp": "2022-02-07T10:00:00.0019Z",' + rest))
    1644228000001
    """
    stamp = reading.timestamp
    return stamp if isinstance(stamp, int) else (stamp - EPOCH) // timedelta(milliseconds=1)


def recordings(path: Path) -> list[Recording]:
    """The readings of a file in columns: a recording per user, a stream per sensor and set of channels it gives."""
    table: dict[Sensor, Columns] = {}
    for reading in readings(path):
        given = reading.model_dump(include={"measurements"}, exclude_none=True)["measurements"]
        channels = tuple(name for name in CHANNEL_NAMES if name in given)
        if channels:
            columns = table.setdefault((reading.user_id, reading.sensor_id, channels), (array("q"), array("d")))
            columns[0].append(epoch_ms(reading))
            columns[1].extend(given[name] for name in channels)
    users = dict.fromkeys(user_id for user_id, _, _ in table)
    return [Recording(user, tuple(_stream(*item) for item in table.items() if item[0][0] == user)) for user in users]


def _opened(path: Path) -> IO[bytes]:
    return gzip.open(path, "rb") if path.name.endswith(".gz") else path.open("rb")  # type: ignore[return-value]


def _reading(path: Path, number: int, line: bytes) -> Reading:
    try:
        reading = Reading.model_validate_json(line, strict=True)
    except ValidationError as error:
        problem = next((each for each in error.errors() if not _is_out_of_range(each["loc"], each["type"])), None)
        if problem is not None:
            where = ".".join(str(part) for part in problem["loc"]) or "the line"
            raise _fault(path, number, f"{where}: {problem['msg']}") from None
        reading = _unjudged(path, number, line)
    if isinstance(reading.timestamp, datetime) and reading.timestamp.utcoffset():
        raise _fault(path, number, "timestamp: not in UTC")
    return reading


def _unjudged(path: Path, number: int, line: bytes) -> Reading:
    try:
        fields = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise _fault(path, number, str(error)) from None
    values = fields.pop("measurements")
    checked = Reading.model_validate_json(orjson.dumps({**fields, "measurements": {}}), strict=True)
    measured = Measurements.model_construct(**values)
    return checked.model_copy(update={"measurements": measured})


def _is_out_of_range(where: tuple[int | str, ...], kind: str) -> bool:
    return where[:1] == ("measurements",) and kind in OUT_OF_RANGE


def _fault(path: Path, number: int, problem: str) -> InputError:
    return InputError(f"{path}, line {number}: {problem}; each line must be one JSON reading")


def _stream(sensor: Sensor, columns: Columns) -> Stream:
    _, sensor_id, channels = sensor
    values = np.array(columns[1], dtype=np.float64).reshape(-1, len(channels))
    return stream(sensor_id, channels, np.array(columns[0], dtype=np.int64), values)
