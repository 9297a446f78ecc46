"""Archives of any size, written as the features job writes them: a file of each of its tasks a minute, by time."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipelines.archive.days import start_ms
from pipelines.archive.reader import SCHEMA
from schemas.channels import CHANNEL_NAMES

RATE_HZ = 4
STEP_MS = 1000 // RATE_HZ
FILE_S = 60
SUBTASKS = 2
LEVELS = {
    "hr": (72.0, 6.0),
    "gsr": (2.0, 0.3),
    "temp": (33.0, 0.4),
    "acc_x": (0.1, 0.05),
    "acc_y": (0.2, 0.05),
    "acc_z": (0.95, 0.05),
}
"""Mean and standard deviation of the channels that every reading gives."""
BEAT_STEPS = (3, 4)
"""Heart beats fall on readings, so many apart: those readings give the interval, too."""


def write(folder: Path, *, users: int, hours: int, day: str, seed: int = 1) -> int:
    """Writes one day's readings of so many users; returns how many."""
    place = folder / f"day={day}"
    place.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    total = 0
    for number, (first_s, of_subtask) in enumerate(_parts(users, hours)):
        rows = _rows(rng, of_subtask, start_ms(day) + first_s * 1000)
        pq.write_table(rows, place / f"part-{number:05d}", compression="snappy", use_dictionary=False)
        total += rows.num_rows
    return total


def _parts(users: int, hours: int) -> Iterator[tuple[int, NDArray[np.int64]]]:
    for first_s in range(0, hours * 3600, FILE_S):
        for subtask in range(SUBTASKS):
            yield first_s, np.arange(subtask, users, SUBTASKS)


def _rows(rng: np.random.Generator, users: NDArray[np.int64], first_ms: int) -> pa.Table:
    """A minute of some users, by time."""
    instants = first_ms + np.arange(FILE_S * RATE_HZ) * STEP_MS
    count = len(instants) * len(users)
    given = {name: np.round(rng.normal(mean, std, count), 3) for name, (mean, std) in LEVELS.items()}
    given["ibi"] = pa.array(_intervals_ms(rng, len(instants), len(users)), from_pandas=True)
    channels = {name: given.get(name, pa.nulls(count, pa.float64())) for name in CHANNEL_NAMES}
    names = pa.array([f"user-{user:04d}" for user in users])
    columns = {
        "user_id": names.take(pa.array(np.tile(np.arange(len(users)), len(instants)))),
        "sensor_id": pa.array(["wrist"]).take(pa.array(np.zeros(count, dtype=np.int64))),
        "timestamp_ms": np.repeat(instants, len(users)),
        **channels,
        "late": np.zeros(count, dtype=bool),
        "kafka_partition": np.zeros(count, dtype=np.int32),
        "kafka_offset": np.arange(count),
    }
    return pa.table(columns, schema=SCHEMA)


def _intervals_ms(rng: np.random.Generator, instants: int, users: int) -> NDArray[np.float64]:
    """Each reading's interval to the beat before, NaN between beats; in order of time, then user."""
    steps = rng.choice(BEAT_STEPS, size=(instants, users))
    at = np.cumsum(steps, axis=0) - 1
    beat, user = np.nonzero(at < instants)
    found = np.full((instants, users), np.nan)
    found[at[beat, user], user] = steps[beat, user] * STEP_MS
    return found.ravel()
