"""Labels from CSV files, in two layouts: one with a column `wearer` is of recordings, any other is plain.

Of recordings: recording, wearer, state, start_utc, end_utc, and block where it has a name. Plain: user_id, label,
start_utc or start_ms, end_utc or end_ms, and source where it is not the protocol. More columns do no harm.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipelines.core.errors import InputError
from pipelines.core.foreign_text import holds_control, id_fault, shown
from pipelines.core.instants import is_dated, looks_like, utc_ms
from pipelines.labels.table import CsvTable, Row, Rows, read_table
from schemas.records import Label

RECORDING: Final = "recording"
BLOCK: Final = "block"
SOURCE: Final = "source"
PROTOCOL: Final = "protocol"

WHOLE_NUMBER: Final = re.compile(r"[0-9]{1,19}(\.0*)?")
NUMBER: Final = re.compile(r"[0-9]+(\.[0-9]*)?")
CORRECT: Final = "correct the line or remove it"


@dataclass(frozen=True)
class LabelColumns:
    """The columns in which a table of labels says who, what and when."""

    user: str
    label: str
    start: str
    end: str

    @property
    def all(self) -> tuple[str, ...]:
        return (self.user, self.label, self.start, self.end)


RECORDED: Final = LabelColumns("wearer", "state", "start_utc", "end_utc")


def read_labels_csv(path: Path) -> dict[str, list[Label]]:
    """All labels by user, a row that is repeated once. Raises InputError with file, line and value of a bad row."""
    table = read_table(path)
    recorded = RECORDED.user in table.columns
    labels = dict.fromkeys(_recorded(table) if recorded else _plain(table))
    if not labels:
        raise InputError(f"{path} holds no label: give it a row for each interval")
    found: dict[str, list[Label]] = defaultdict(list)
    for label in labels:
        found[label.user_id].append(label)
    return dict(found)


def recording_rows(path: Path) -> Rows:
    """The rows of the recordings' layout, each with its line. Raises InputError."""
    table = read_table(path)
    table.need((RECORDING, *RECORDED.all), may_have=(BLOCK,))
    return table.rows


def recorded_label(path: Path, line: int, row: Row) -> Label:
    """A row of the recordings' layout as a label. Raises InputError."""
    return _label(_Cells(f"{path}, line {line}", row), RECORDED)


def _recorded(table: CsvTable) -> list[Label]:
    table.need((RECORDING, *RECORDED.all))
    return [recorded_label(table.path, line, row) for line, row in table.rows]


def _plain(table: CsvTable) -> list[Label]:
    columns = LabelColumns("user_id", "label", *(_time_column(table.columns, end) for end in ("start", "end")))
    table.need(columns.all, may_have=(SOURCE,))
    return [_label(_Cells(f"{table.path}, line {line}", row), columns, SOURCE) for line, row in table.rows]


def _time_column(header: Sequence[str], end: str) -> str:
    return f"{end}_ms" if f"{end}_ms" in header else f"{end}_utc"


def _label(cells: "_Cells", columns: LabelColumns, source: str = "") -> Label:
    start_ms, end_ms = cells.instant_ms(columns.start), cells.instant_ms(columns.end)
    if end_ms <= start_ms:
        raise cells.fault(f"{cells.shown(columns.end)} is not after {cells.shown(columns.start)}")
    return Label(
        user_id=cells.user_id(columns.user),
        label=cells.text(columns.label),
        start_ms=start_ms,
        end_ms=end_ms,
        source=cells.row.get(source) or PROTOCOL,
    )


class _Cells:
    """One row, whose faults name its line, the column and the value."""

    def __init__(self, where: str, row: Row) -> None:
        self._where = where
        self.row = row

    def fault(self, problem: str) -> InputError:
        return InputError(f"{self._where}: {problem}; {CORRECT}")

    def shown(self, column: str) -> str:
        """A column and what stands in it."""
        return f"{column} {shown(self.row[column])}"

    def text(self, column: str) -> str:
        """A cell that must have text, on one line."""
        text = self.row[column]
        if not text:
            raise self.fault(f"no {column}")
        if holds_control(text):
            raise self.fault(f"{self.shown(column)} holds a line break or another control character")
        return text

    def user_id(self, column: str) -> str:
        text = self.text(column)
        if fault := id_fault(text):
            raise self.fault(f"{self.shown(column)} {fault}")
        return text

    def instant_ms(self, column: str) -> int:
        text = self.text(column)
        at_ms = self._number_ms(text, column) if column.endswith("_ms") else self._iso_ms(text, column)
        if not is_dated(at_ms):
            raise self.fault(f"{self.shown(column)} is not between 2000 and 2100{looks_like(at_ms)}")
        return at_ms

    def _number_ms(self, text: str, column: str) -> int:
        if not WHOLE_NUMBER.fullmatch(text):
            raise self.fault(f"{self.shown(column)} is no whole number of milliseconds since 1970")
        return int(text.partition(".")[0])

    def _iso_ms(self, text: str, column: str) -> int:
        problem = f"{self.shown(column)} is no ISO date and time, such as 2022-02-07T09:00:00Z"
        if NUMBER.fullmatch(text):
            beside = column.removesuffix("utc")
            raise self.fault(
                f"{problem}, but a number{looks_like(float(text))}: milliseconds go in a column {beside}ms"
            )
        try:
            return utc_ms(text)
        except (ValueError, OverflowError):
            raise self.fault(problem) from None
