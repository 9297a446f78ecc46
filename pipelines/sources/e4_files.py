"""The files of an Empatica E4 export: a start line, a rate line (not in IBI.csv), numbers; and `labels.csv`."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.core.errors import InputError
from pipelines.labels.csv_files import recorded_label, recording_rows
from schemas.records import Label

EXPORT_AGAIN = "export the recording again, or remove the file"


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


def read_sampled(path: Path, columns: int) -> Sampled | None:
    """A sampled file, or None where it is absent or has no byte. Raises `InputError` naming file and line."""
    lines = _lines(path)
    if not lines:
        return None
    if len(lines) < 2:
        raise InputError(f"{path}, line 2: the rate line is missing; {EXPORT_AGAIN}")
    start_ms = _start_ms(path, lines[0])
    return Sampled(start_ms, _rate_hz(path, lines[1]), _numbers(path, lines, first=2, columns=columns))


def read_beats(path: Path) -> tuple[int, NDArray[np.float64]] | None:
    """Start and rows (seconds since the start, interval in seconds) of IBI.csv; None where absent or empty."""
    lines = _lines(path)
    if not lines:
        return None
    return _start_ms(path, lines[0]), _numbers(path, lines, first=1, columns=2)


def _lines(path: Path) -> list[str]:
    if not path.exists():
        return []
    try:
        return path.read_text(encoding="utf-8-sig", errors="replace").rstrip().splitlines()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check that it is a readable file") from error


def _start_ms(path: Path, line: str) -> int:
    text = line.split(",")[0].strip()
    try:
        return round(float(text) * 1000)
    except (ValueError, OverflowError):
        pass
    try:
        start = datetime.fromisoformat(text)
    except ValueError:
        problem = f"{path}, line 1: {text[:40]!r} is no start time (unix seconds or ISO date and time, UTC)"
        raise InputError(f"{problem}; {EXPORT_AGAIN}") from None
    return round((start if start.tzinfo else start.replace(tzinfo=UTC)).timestamp() * 1000)


def _rate_hz(path: Path, line: str) -> float:
    try:
        rate_hz = float(line.split(",")[0])
    except ValueError:
        rate_hz = np.nan
    if not 0 < rate_hz < np.inf:
        raise InputError(f"{path}, line 2: {line[:40]!r} is no sampling rate in Hz; {EXPORT_AGAIN}")
    return rate_hz


def _numbers(path: Path, lines: list[str], *, first: int, columns: int) -> NDArray[np.float64]:
    rows = lines[first:]
    if not rows:
        return np.empty((0, columns))
    try:
        values = np.loadtxt(rows, delimiter=",", comments=None, ndmin=2)
    except ValueError:
        values = np.empty((0, 0))
    if values.shape != (len(rows), columns) or not np.isfinite(values).all():
        faulty = ((at, row) for at, row in enumerate(rows, first + 1) if not _is_row(row, columns))
        number, text = next(faulty, (first + 1, rows[0]))
        wanted = "a number" if columns == 1 else f"{columns} numbers"
        raise InputError(f"{path}, line {number}: {text[:40]!r} is not {wanted}; {EXPORT_AGAIN}")
    return values


def _is_row(line: str, columns: int) -> bool:
    try:
        values = [float(cell) for cell in line.split(",")]
    except ValueError:
        return False
    return len(values) == columns and bool(np.isfinite(values).all())


FILE: Final = "labels.csv"


def read_wearer(folder: Path) -> tuple[str, tuple[Label, ...]]:
    """Whose recording the folder is, and its labels in order of time.

    The wearer stands in `labels.csv` beside the folder; a folder not listed there is its own wearer, unlabelled.
    """
    name = folder.resolve().name
    path = folder.resolve().parent / FILE
    rows = [(line, row) for line, row in recording_rows(path) if row["recording"] == name] if path.is_file() else []
    if not rows:
        return name, ()
    labels = [recorded_label(path, line, row) for line, row in rows]
    return labels[0].user_id, tuple(sorted(labels, key=lambda label: label.start_ms))
