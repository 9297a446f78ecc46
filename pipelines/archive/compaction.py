"""The many small files of a past day made into few large ones, which hold the same rows.

A large file is written hidden. A note then says which files it replaces; it gets its name, and those are removed, the
note last. A compaction that is killed leaves, at every instant, each reading to be read once (`listing.py`), and the
next one ends its work. Only files that it had listed are touched: what the stream adds meanwhile stays as it is.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from feature_repo.partitions import day_folder
from pipelines.archive.day_files import READINGS_AT_ONCE, ROW_GROUP
from pipelines.archive.days import day_of
from pipelines.archive.listing import COMPACTED, NOTE, archive_files, note_of, replaced
from pipelines.archive.reader import SCHEMA, footer, time_spans
from pipelines.core.errors import InputError, first_line

FILE_BYTES: Final = 128 << 20
"""Files are merged up to this size; from half of it on a file is left alone."""

FEW: Final = 8
"""So many small files a day are no burden: late readings may come for days."""


@dataclass(frozen=True)
class Compacted:
    """One day's files, before and after."""

    day: str
    before: int
    after: int


def compact(archive: Path, days: Iterable[str], *, now_ms: int, file_bytes: int = FILE_BYTES) -> list[Compacted]:
    """Merges the small files of those of the days that are over; returns the days in which there was something to do.

    One process at a time. Raises InputError for a file that cannot be read; what was merged until then stays.
    """
    past = [day for day in days if date.fromisoformat(day) < date.fromisoformat(day_of(now_ms))]
    return [done for day in past if (done := _day(archive, day, file_bytes)).before > done.after]


def _day(archive: Path, day: str, file_bytes: int) -> Compacted:
    place = day_folder(archive, day)
    clear(place)
    files = archive_files(archive, day)
    small = [file for file in files if file.stat().st_size < file_bytes // 2 and _is_ours(file)]
    if len(small) > FEW:
        for group in _groups(sorted(small, key=_first_ms), file_bytes):
            _merge(place, group)
    return Compacted(day, len(files), len(archive_files(archive, day)))


def clear(place: Path) -> None:
    """Ends the work of a compaction that was killed."""
    for note in place.glob(f"{NOTE}*"):
        file = place / note.name.removeprefix(NOTE).removesuffix(".json")
        if file.exists():
            _remove(file)
        note.unlink(missing_ok=True)
    for unfinished in place.glob(f".{COMPACTED}*"):
        unfinished.unlink()


def _merge(place: Path, files: Sequence[Path]) -> None:
    """The order of these steps is what a crash cannot break."""
    names = [file.name for file in files]
    file = place / f"{COMPACTED}{hashlib.sha256(json.dumps(names).encode()).hexdigest()[:16]}"
    unfinished = place / f".{file.name}"
    _write(unfinished, files)
    note_of(file).write_text(json.dumps(names), encoding="utf-8")
    _keep(note_of(file))
    unfinished.rename(file)
    _keep(place)
    _remove(file)


def _remove(file: Path) -> None:
    """What a file replaces, then the note of it."""
    for name in replaced(file):
        file.with_name(name).unlink(missing_ok=True)
    _keep(file.parent)
    note_of(file).unlink()


def _write(unfinished: Path, files: Sequence[Path]) -> None:
    """Some files' rows at a time, in order of time: as the files follow each other, so do the row groups."""
    written = 0
    with pq.ParquetWriter(unfinished, SCHEMA, use_dictionary=["user_id", "sensor_id"]) as output:
        for rows in _at_once(files):
            rows = rows.take(np.argsort(rows["timestamp_ms"].to_numpy(), kind="stable"))
            output.write_table(rows, row_group_size=ROW_GROUP)
            written += rows.num_rows
    held = sum(footer(file).num_rows for file in files)
    if written != held:
        raise InputError(f"{unfinished} has {written} of {held} readings; no file was changed")
    _keep(unfinished)


def _at_once(files: Sequence[Path]) -> Iterator[pa.Table]:
    """Rows to be sorted together: bounds memory."""
    held: list[pa.Table] = []
    for file in files:
        try:
            held.append(pq.read_table(file, columns=SCHEMA.names, partitioning=None).select(SCHEMA.names).cast(SCHEMA))
        except (OSError, pa.ArrowException) as fault:
            raise InputError(f"{file} cannot be read ({first_line(fault)}); restore it, or move it away") from fault
        if sum(each.num_rows for each in held) >= READINGS_AT_ONCE:
            yield pa.concat_tables(held)
            held = []
    if held:
        yield pa.concat_tables(held)


def _groups(files: Iterable[Path], file_bytes: int) -> Iterator[list[Path]]:
    """Files that become one; alone, a file stays as it is."""
    group: list[Path] = []
    held = 0
    for file in files:
        size = file.stat().st_size
        if group and held + size > file_bytes:
            yield group
            group, held = [], 0
        group.append(file)
        held += size
    if len(group) > 1:
        yield group


def _first_ms(file: Path) -> tuple[int, str]:
    """Time of a file's first reading; 0 where it does not say."""
    return min((span[0] for span in time_spans(file) if span is not None), default=0), file.name


def _is_ours(file: Path) -> bool:
    """Whether it has the columns of this version and no others: none may be lost."""
    return set(footer(file).schema.to_arrow_schema().names) == set(SCHEMA.names)


def _keep(path: Path) -> None:
    """Has the disk hold a file, or a folder's names, before the next step."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
