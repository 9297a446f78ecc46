"""Tables in text files as spreadsheets save them: with commas, semicolons or tabs, cells in quotes, spaces around."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipelines.core.errors import InputError
from pipelines.core.foreign_text import shown
from pipelines.core.text_files import read_text

DELIMITERS: Final = (",", ";", "\t")
NAMED_DELIMITER: Final = re.compile(r"sep=([,;\t])\r?\n", re.IGNORECASE)
"""A first line by which Excel knows what stands between cells."""

AROUND: Final = re.compile(r"\A[\s\u200b\u2060\ufeff]+|[\s\u200b\u2060\ufeff]+\Z")
"""What nobody sees around a cell: spaces of all kinds, without width too, and marks that pasted text brings along."""

Row = dict[str, str]
Rows = list[tuple[int, Row]]


@dataclass(frozen=True)
class CsvTable:
    """Column names, and rows with the line that each begins in; no name or cell has spaces around it."""

    path: Path
    columns: tuple[str, ...]
    rows: Rows

    def need(self, columns: Sequence[str], *, may_have: Sequence[str] = ()) -> None:
        """Raises InputError where a column is missing, or one that is read stands there twice."""
        missing = [column for column in columns if column not in self.columns]
        if missing:
            named = ", ".join(columns)
            raise InputError(f"{self.path}, line 1: no column {', '.join(missing)}; name the columns {named}")
        for column in (*columns, *may_have):
            if self.columns.count(column) > 1:
                raise InputError(f"{self.path}, line 1: two columns {column}; leave one of them out")


def read_table(path: Path) -> CsvTable:
    """The table of a file whose first row names the columns; rows without any text are left out.

    A row may end early: the cells it lacks are empty. Raises InputError with the line of a row that has text beyond the
    last column, or of a quote that nothing closes.
    """
    text = read_text(path)
    named = NAMED_DELIMITER.match(text)
    body = text[named.end() :] if named else text
    delimiter = named[1] if named else _delimiter(body)
    records = _records(path, body, delimiter, first_line=2 if named else 1)
    _, header = next(records, (1, []))
    columns = tuple(header)
    return CsvTable(path, columns, [(line, _row(path, line, columns, cells)) for line, cells in records])


def _delimiter(text: str) -> str:
    """What stands most often in the first line; a comma where nothing does."""
    first = text.lstrip().partition("\n")[0]
    return max(DELIMITERS, key=first.count)


def _records(path: Path, text: str, delimiter: str, *, first_line: int) -> Iterator[tuple[int, list[str]]]:
    """Each record that has any text, with the line it begins in."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    while True:
        line = first_line + reader.line_num
        try:
            cells = [AROUND.sub("", cell) for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error as fault:
            raise InputError(f"{path}, line {line}: {fault}; correct the quotes of the row that begins here") from None
        if any(cells):
            yield line, cells


def _row(path: Path, line: int, columns: tuple[str, ...], cells: list[str]) -> Row:
    beyond = [cell for cell in cells[len(columns) :] if cell]
    if beyond:
        raise InputError(
            f"{path}, line {line}: {shown(beyond[0])} stands beyond the last column, {shown(columns[-1])};"
            " put quotes around a cell that holds what stands between cells"
        )
    return dict(zip(columns, cells + [""] * (len(columns) - len(cells)), strict=False))
