"""The files of an Empatica E4 export: a start line, a rate line (not in IBI.csv), and numbers.

What a file says of time is judged here, before anything is made of it: an undated recording would keep a replay waiting
for decades, and none of it could be used.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.core.errors import InputError
from pipelines.core.instants import is_dated, looks_like, utc_ms
from pipelines.sources.export_files import ExportFiles
from schemas.windows import LATEST_MS

EXPORT_AGAIN: Final = "export the recording again, or remove the file"

RATE_HZ: Final = (1 / 60, 4096.0)
"""From one value a minute to the fastest ECG; inclusive."""
LONGEST_S: Final = 366 * 86_400
"""Of a recording: no device records for longer in one go, and what seems to is not in the unit it should be in."""
LARGEST: Final = 1e9
"""Of a number in a file; no device's channel has such values. What is smaller, but beyond a body, the stream judges."""
MOST_ROWS: Final = 1 << 24
"""Of a file: six days at 32 Hz."""


@dataclass(frozen=True, eq=False)
class Sampled:
    """A file of evenly sampled values: sample i is at `start_ms + 1000 i / rate_hz`."""

    start_ms: int
    rate_hz: float
    values: NDArray[np.float64]

    def times_ms(self) -> NDArray[np.int64]:
        """Times of the samples, rounded to the millisecond (halves to even)."""
        offsets_ms = np.rint(np.arange(len(self.values)) * 1000 / self.rate_hz)
        return np.asarray(offsets_ms, dtype=np.int64) + self.start_ms


@dataclass(frozen=True, eq=False)
class Beats:
    """IBI.csv: beat i is at `start_ms + 1000 offset_s[i]`, and ends an interval of `interval_s[i]`."""

    start_ms: int
    offset_s: NDArray[np.float64]
    interval_s: NDArray[np.float64]

    def times_ms(self) -> NDArray[np.int64]:
        """Times of the beats, rounded to the millisecond (halves to even)."""
        return np.asarray(np.rint(self.offset_s * 1000), dtype=np.int64) + self.start_ms


def read_sampled(files: ExportFiles, name: str, columns: int) -> Sampled | None:
    """A sampled file, or None where it is absent or has no text.

    Raises InputError naming file, line and value: for a start outside 2000 to 2100, a rate outside `RATE_HZ`, a row
    that is not so many numbers up to `LARGEST`, and more values than `LONGEST_S` or 2100 leave room for.
    """
    path, lines = files.where(name), _lines(files, name)
    if not lines:
        return None
    if len(lines) < 2:
        raise InputError(f"{path}, line 2: the rate line is missing; {EXPORT_AGAIN}")
    start_ms, rate_hz = _start_ms(path, lines[0]), _rate_hz(path, lines[1])
    found = Sampled(start_ms, rate_hz, _numbers(path, lines, first=2, most=(LARGEST,) * columns))
    length_s = max(len(found.values) - 1, 0) / rate_hz
    if length_s > LONGEST_S or not is_dated(start_ms + 1000 * length_s):
        ends = f"{len(found.values)} values at {_first_cell(lines[1])} Hz last {length_s / 86_400:.0f} days"
        raise InputError(f"{path}, line 2: {ends}, a year being the most, and 2100 the end; {EXPORT_AGAIN}")
    return found


def read_beats(files: ExportFiles, name: str) -> Beats | None:
    """Beats with their intervals; None where the file is absent or has no text.

    Raises InputError as `read_sampled` does, and for an offset outside 0 to `LONGEST_S` seconds.
    """
    path, lines = files.where(name), _lines(files, name)
    if not lines:
        return None
    start_ms = _start_ms(path, lines[0])
    offset_s, interval_s = _numbers(path, lines, first=1, most=(sys.float_info.max, LARGEST)).T
    most_s = min(LONGEST_S, (LATEST_MS - start_ms) / 1000)
    beyond = np.flatnonzero((offset_s < 0) | (offset_s > most_s))
    if len(beyond):
        row = int(beyond[0])
        said = f"{_first_cell(lines[row + 1])!r} is no number of seconds since the start in line 1"
        raise InputError(f"{path}, line {row + 2}: {said}{looks_like(offset_s[row])}; {EXPORT_AGAIN}")
    return Beats(start_ms, offset_s, interval_s)


def _lines(files: ExportFiles, name: str) -> list[str]:
    text = files.text(name)
    if text.count("\n") > MOST_ROWS:
        raise InputError(f"{files.where(name)}: more than {MOST_ROWS:,} lines; {EXPORT_AGAIN}")
    whole = text.replace("\r\n", "\n").replace("\r", "\n").rstrip()
    return whole.split("\n") if whole else []


def _first_cell(line: str) -> str:
    return line.split(",")[0].strip()[:40]


def _start_ms(path: Path, line: str) -> int:
    text = _first_cell(line)
    start_s = _number(text)
    if start_s is None:
        try:
            start_ms: float = utc_ms(text)
        except (ValueError, OverflowError):
            problem = f"{path}, line 1: {text!r} is no start time (unix seconds or ISO date and time, UTC)"
            raise InputError(f"{problem}; {EXPORT_AGAIN}") from None
    else:
        start_ms = start_s * 1000
    if not is_dated(start_ms):
        hint = looks_like(start_s) if start_s is not None else ""
        raise InputError(f"{path}, line 1: the start {text!r} is not between 2000 and 2100{hint}; {EXPORT_AGAIN}")
    return round(start_ms)


def _rate_hz(path: Path, line: str) -> float:
    text = _first_cell(line)
    rate_hz = _number(text)
    if rate_hz is None or not RATE_HZ[0] <= rate_hz <= RATE_HZ[1]:
        wanted = f"no sampling rate in Hz, from one a minute to {RATE_HZ[1]:g}"
        raise InputError(f"{path}, line 2: {text!r} is {wanted}; {EXPORT_AGAIN}")
    return rate_hz


def _numbers(path: Path, lines: list[str], *, first: int, most: tuple[float, ...]) -> NDArray[np.float64]:
    """The rows from line `first` on, counted from 0; `most` bounds the sizes of each column's numbers."""
    rows = lines[first:]
    if not rows:
        return np.empty((0, len(most)))
    try:
        values = np.loadtxt(rows, delimiter=",", comments=None, ndmin=2)
    except ValueError:
        values = np.empty((0, 0))
    if values.shape != (len(rows), len(most)) or not (np.abs(values) <= most).all():
        faulty = ((at, row) for at, row in enumerate(rows, first + 1) if not _is_row(row, most))
        number, text = next(faulty, (first + 1, rows[0]))
        wanted = "a number" if len(most) == 1 else f"{len(most)} numbers"
        raise InputError(f"{path}, line {number}: {text[:40]!r} is not {wanted} up to {LARGEST:g}; {EXPORT_AGAIN}")
    return values


def _is_row(line: str, most: tuple[float, ...]) -> bool:
    values = [_number(cell) for cell in line.split(",")]
    return len(values) == len(most) and all(
        value is not None and abs(value) <= largest for value, largest in zip(values, most, strict=True)
    )


def _number(text: str) -> float | None:
    """A number as a device writes it, or None. Python reads more: 1_0, and digits of all scripts."""
    if "_" in text or not text.isascii():
        return None
    try:
        return float(text)
    except ValueError:
        return None
