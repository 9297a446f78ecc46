"""Empatica E4 exports: CSV files per recording, values as the device gave them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipelines.core.errors import InputError
from pipelines.sources.decimation import decimated
from pipelines.sources.e4_files import EXPORT_AGAIN, Beats, Sampled, read_beats, read_sampled
from pipelines.sources.export_files import ExportFiles
from pipelines.sources.recording import Stream, stream


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
OTHER_FILES: Final = ("BVP.csv", "tags.csv", "info.txt")
"""Of an export, too, but nothing that we read."""

APART_MS: Final = 86_400_000
"""Most that the files of one recording begin apart: a device starts them within seconds, IBI.csv with the others."""


def files_in(folder: Path) -> ExportFiles | None:
    """The files of an export that lie in the folder, in any case; None where there is none.

    >>> files_in(Path("no/such/folder")) is None
    True
    """
    if not folder.is_dir():
        return None
    return ExportFiles.among(folder, sorted(each.name for each in folder.iterdir() if each.is_file()), FILES)


def read(files: ExportFiles) -> tuple[Stream, ...]:
    """What an export's sensors gave.

    ACC comes in g, low-passed and at most 10 Hz (`decimation.decimated`); IBI in ms, stamped at start + offset, both
    rounded to the millisecond (halves to even). Implausible values are kept: judging them is the stream's task. Absent
    and empty files are gaps as long as one has readings. Raises `InputError`: which file, which line, what to do.
    """
    sampled = [(each, read_sampled(files, each.file, len(each.channels))) for each in SIGNALS]
    beats = read_beats(files, BEATS_FILE)
    starts = {each.file: file.start_ms for each, file in sampled if file is not None}
    _check_together(files, starts | ({BEATS_FILE: beats.start_ms} if beats else {}))
    streams = [_stream(signal, file) for signal, file in sampled if file is not None]
    streams += [_beats(beats)] if beats else []
    if not any(len(each.timestamp_ms) for each in streams):
        raise InputError(f"{files.place}: its files hold no readings; export the recording again, or leave it out")
    return tuple(streams)


def _check_together(files: ExportFiles, starts_ms: dict[str, int]) -> None:
    """One file's clock may have been wrong; then its readings would stand alone, years from the others."""
    if starts_ms and max(starts_ms.values()) - min(starts_ms.values()) > APART_MS:
        first, last = min(starts_ms, key=starts_ms.__getitem__), max(starts_ms, key=starts_ms.__getitem__)
        apart = (starts_ms[last] - starts_ms[first]) / 86_400_000
        raise InputError(f"{files.where(last)} begins {apart:.1f} days after {files.where(first)}; {EXPORT_AGAIN}")


def _stream(signal: Signal, file: Sampled) -> Stream:
    values, rate_hz = decimated(file.values * signal.step, file.rate_hz)
    slow = Sampled(file.start_ms, rate_hz, values)
    return stream(signal.sensor_id, signal.channels, slow.times_ms(), slow.values)


def _beats(file: Beats) -> Stream:
    return stream(BEATS_SENSOR, ("ibi",), file.times_ms(), file.interval_s[:, None] * 1000)
