"""Labels from CSV files, in two layouts: one with a column `wearer` is of recordings, any other is plain.

Of recordings: recording, wearer, state, start_utc, end_utc. Plain: user_id, label, start_utc or start_ms, end_utc or
end_ms, and source where it is not the protocol. More columns do no harm.
"""

import csv
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pipelines.core.errors import InputError
from schemas.records import Label

RECORDINGS: Final = ("recording", "wearer", "state", "start_utc", "end_utc")
PLAIN: Final = ("user_id", "label")
SOURCE: Final = "protocol"

Row = dict[str, str]
Rows = list[tuple[int, Row]]


def read_labels_csv(path: Path) -> dict[str, list[Label]]:
    """All labels by user. Raises InputError with file and line for the first row that is no label."""
    header, rows = _read(path)
    recorded = "wearer" in header
    _need(path, header, RECORDINGS if recorded else _plain_columns(header))
    labels = [(recorded_label if recorded else plain_label)(path, line, row) for line, row in rows]
    if not labels:
        raise InputError(f"{path} holds no label: give it a row for each interval")
    found: dict[str, list[Label]] = defaultdict(list)
    for label in labels:
        found[label.user_id].append(label)
    return dict(found)


def recording_rows(path: Path) -> Rows:
    """The rows of the recordings' layout, each with its line."""
    header, rows = _read(path)
    _need(path, header, RECORDINGS)
    return rows


def recorded_label(path: Path, line: int, row: Row) -> Label:
    """A row of the recordings' layout as a label."""
    needed = "needs a wearer, a state and an ISO start before its end"
    return _label(lambda: _recorded(row), f"{path}, line {line}: {needed}")


def plain_label(path: Path, line: int, row: Row) -> Label:
    """A row of the plain layout as a label."""
    needed = "needs a user_id, a label and a start before its end, as ISO times or milliseconds"
    return _label(lambda: _plain(row), f"{path}, line {line}: {needed}")


def _read(path: Path) -> tuple[Sequence[str], Rows]:
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            reader = csv.DictReader(file, restval="")
            rows = [(reader.line_num, row) for row in reader]
            return reader.fieldnames or (), rows
    except (OSError, csv.Error) as fault:
        raise InputError(f"{path} cannot be read: {fault}; correct the file, or name another") from fault


def _need(path: Path, header: Sequence[str], columns: Sequence[str]) -> None:
    missing = [column for column in columns if column not in header]
    if missing:
        raise InputError(f"{path}, line 1: no column {', '.join(missing)}; name the columns {', '.join(columns)}")


def _plain_columns(header: Sequence[str]) -> tuple[str, ...]:
    return (*PLAIN, *(f"{end}_ms" if f"{end}_ms" in header else f"{end}_utc" for end in ("start", "end")))


def _label(made: Callable[[], Label], needed: str) -> Label:
    try:
        label = made()
        if not label.label or label.end_ms <= label.start_ms:
            raise ValueError
        return label
    except ValueError:
        raise InputError(f"{needed}; correct the line or remove it") from None


def _recorded(row: Row) -> Label:
    start_ms, end_ms = _epoch_ms(row["start_utc"]), _epoch_ms(row["end_utc"])
    return Label(user_id=row["wearer"], label=row["state"], start_ms=start_ms, end_ms=end_ms, source=SOURCE)


def _plain(row: Row) -> Label:
    start_ms, end_ms = (
        int(row[f"{end}_ms"]) if f"{end}_ms" in row else _epoch_ms(row[f"{end}_utc"]) for end in ("start", "end")
    )
    source = row.get("source") or SOURCE
    return Label(user_id=row["user_id"], label=row["label"], start_ms=start_ms, end_ms=end_ms, source=source)


def _epoch_ms(text: str) -> int:
    instant = datetime.fromisoformat(text)
    return round((instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp() * 1000)
