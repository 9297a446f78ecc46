"""`labels.csv` beside E4 folders: recording, wearer, block, state, start_utc, end_utc."""

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pipelines.errors import InputError
from schemas.records import Label

FILE: Final = "labels.csv"
COLUMNS: Final = ("recording", "wearer", "state", "start_utc", "end_utc")


def read_wearer(folder: Path) -> tuple[str, tuple[Label, ...]]:
    """Whose recording the folder is, and its labels in order of time.

    The wearer stands in `labels.csv` beside the folder; a folder not listed there is its own wearer, unlabelled.
    """
    name = folder.resolve().name
    path = folder.resolve().parent / FILE
    rows = [(line, row) for line, row in _rows(path) if row["recording"] == name]
    if not rows:
        return name, ()
    labels = [_label(path, line, row) for line, row in rows]
    return labels[0].user_id, tuple(sorted(labels, key=lambda label: label.start_ms))


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    if not path.is_file():
        return []
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        reader = csv.DictReader(file, restval="")
        missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
        if missing:
            raise InputError(f"{path}, line 1: no column {', '.join(missing)}; name the columns {', '.join(COLUMNS)}")
        return [(reader.line_num, row) for row in reader]


def _label(path: Path, line: int, row: dict[str, str]) -> Label:
    try:
        start_ms, end_ms = _epoch_ms(row["start_utc"]), _epoch_ms(row["end_utc"])
        if not (row["wearer"] and row["state"]) or end_ms <= start_ms:
            raise ValueError
        return Label(user_id=row["wearer"], label=row["state"], start_ms=start_ms, end_ms=end_ms, source="protocol")
    except ValueError:
        needed = "needs a wearer, a state and an ISO start before its end"
        raise InputError(f"{path}, line {line}: {needed}; correct the line or remove it") from None


def _epoch_ms(text: str) -> int:
    instant = datetime.fromisoformat(text)
    return round((instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp() * 1000)
