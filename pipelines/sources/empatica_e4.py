"""Empatica E4 exports: a folder of CSV files per recording, values as the device gave them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from pipelines.core.errors import InputError
from pipelines.sources.decimation import decimated
from pipelines.sources.e4_files import Sampled, read_beats, read_sampled, read_wearer
from pipelines.sources.recording import Recording, Stream, stream


@dataclass(frozen=True)
class Signal:
    """One evenly sampled file: what its columns measure, and the unit of one step."""

    file: str
    sensor_id: str
    channels: tuple[str, ...]
    step: float = 1.0


SIGNALS: Final = (
    Signal("ACC.csv", "e4-acc", ("acc_x", "acc_y", "acc_z"), step=1 / 64),
    Signal("EDA.csv", "e4-eda", ("gsr",)),
    Signal("TEMP.csv", "e4-temp", ("temp",)),
    Signal("HR.csv", "e4-hr", ("hr",)),
)
BEATS_FILE: Final = "IBI.csv"
BEATS_SENSOR: Final = "e4-ibi"
FILES: Final = (*(signal.file for signal in SIGNALS), BEATS_FILE)


def is_recording(folder: Path) -> bool:
    """Whether the folder holds at least one file of an E4 export.

    >>> is_recording(Path("no/such/folder"))
    False
    """
    return any((folder / name).is_file() for name in FILES)


def read(folder: Path) -> Recording:
    """The recording in an E4 folder; the wearer of `labels.csv`, or else the folder's name, is the user.

    ACC comes in g, low-passed and at most 10 Hz (`decimation.decimated`); IBI in ms, stamped at start + offset, both
    rounded to the millisecond (halves to even). Implausible values are kept: judging them is the stream's task. Absent
    and empty files are gaps as long as one has readings. Raises `InputError`: which file, which line, what to do.
    """
    if not is_recording(folder):
        raise InputError(f"{folder}: no Empatica E4 recording; give a folder with {', '.join(FILES)}")
    user_id, labels = read_wearer(folder)
    streams = tuple(each for each in (*(_sampled(folder, signal) for signal in SIGNALS), _beats(folder)) if each)
    if not any(len(each.timestamp_ms) for each in streams):
        raise InputError(f"{folder}: its files hold no readings; export the recording again, or leave it out")
    return Recording(user_id, streams, labels)


def _sampled(folder: Path, signal: Signal) -> Stream | None:
    file = read_sampled(folder / signal.file, len(signal.channels))
    if file is None:
        return None
    values, rate_hz = decimated(file.values * signal.step, file.rate_hz)
    slow = Sampled(file.start_ms, rate_hz, values)
    return stream(signal.sensor_id, signal.channels, slow.times_ms(), slow.values)


def _beats(folder: Path) -> Stream | None:
    file = read_beats(folder / BEATS_FILE)
    if file is None:
        return None
    start_ms, rows = file
    times_ms = start_ms + np.rint(rows[:, 0] * 1000).astype(np.int64)
    return stream(BEATS_SENSOR, ("ibi",), times_ms, rows[:, 1:] * 1000)
