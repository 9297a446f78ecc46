"""Tables and lines in as many columns as the terminal has; where there is none, in eighty.

A table whose words do not fit becomes a list: nothing is cut. Programs read `--json`, which is never folded.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from textwrap import TextWrapper
from typing import Final

from rich.console import Console, RenderableType
from rich.measure import Measurement
from rich.table import Column, Table

from pipelines.core.console import TerminalConsole

Part = Table | str

WIDTH: Final = 80
"""Of whatever is no terminal."""

INDENT: Final = "  "
UNBOUNDED: Final = 10_000


@dataclass(frozen=True)
class Widths:
    """Columns of the terminal that a table's column needs: so that no word is cut, and so that no cell is folded."""

    least: int
    whole: int


def show(parts: Iterable[Part], console: Console | None = None) -> None:
    """Prints tables that fit, others as lists, and text: on a terminal folded between words, elsewhere as it is.

    A word that is too long for a line of text stays whole, so that a path can be copied.
    """
    console = console or TerminalConsole(highlight=False, markup=False, emoji=False)
    for part in parts:
        if isinstance(part, str):
            text = "\n".join(folded(part, console.width)) if console.is_terminal else part
            console.print(text, soft_wrap=True)
        elif _fit(part, console):
            console.print(part)
        else:
            console.print("\n".join(_listed(part, console)), soft_wrap=True)


def folded(text: str, width: int) -> list[str]:
    """Lines of at most `width` characters, save where a word is longer; what a line is indented by stays.

    >>> folded("  left out: one reason\\nand more", 14)
    ['  left out:', '    one reason', 'and more']
    """
    return [part for line in text.split("\n") for part in _folded_line(line, width)]


def facts(pairs: Sequence[tuple[str, str]], width: int, indent: str = "") -> list[str]:
    """A line a fact, its name first, all values in one column; a long value stands below its name, a longer is folded.

    >>> facts([("model", "eqm"), ("run", "0123456789")], 12)
    ['model  eqm', 'run', '  0123456789']
    """
    room = max((len(name) for name, _ in pairs), default=0) + len(INDENT)
    found = []
    for name, value in pairs:
        one = f"{indent}{name:<{room}}{value}".rstrip()
        below = [*_wrapped(name, width, indent), *_wrapped(value, width, indent + INDENT)]
        found += [one] if len(one) <= width else below
    return found


def _folded_line(line: str, width: int) -> list[str]:
    margin = line[: len(line) - len(line.lstrip())] + INDENT
    folding = TextWrapper(width, subsequent_indent=margin, break_long_words=False, break_on_hyphens=False)
    return folding.wrap(line) or [""]


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    """Also words that are too long."""
    return TextWrapper(width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False).wrap(text)


def _fit(table: Table, console: Console) -> bool:
    """Gives each column its width; says whether the table fits at all."""
    widths = [_widths(column, console) for column in table.columns]
    unbounded = console.options.update(max_width=UNBOUNDED)
    frame = Measurement.get(console, unbounded, table).maximum - sum(each.whole for each in widths)
    spare = console.width - frame - sum(each.least for each in widths)
    if spare < 0:
        return False
    for column, each in sorted(zip(table.columns, widths, strict=True), key=lambda pair: pair[1].whole - pair[1].least):
        column.width = min(each.whole, each.least + spare)
        # What is a word for the measure is longer for the drawing, where spaces stand before it: nothing is cut off.
        column.overflow = "fold"
        spare -= column.width - each.least
    return True


def _widths(column: Column, console: Console) -> Widths:
    unbounded = console.options.update(max_width=UNBOUNDED)
    found = [Measurement.get(console, unbounded, cell) for cell in (column.header, *column.cells)]
    whole = max(each.maximum for each in found)
    return Widths(whole if column.no_wrap else max(each.minimum for each in found), whole)


def _listed(table: Table, console: Console) -> list[str]:
    """The title, then of each row its first cell, and below it the others that are not empty, by their headings."""
    headings = [_text(column.header, console) for column in table.columns]
    lines = folded(_text(table.title, console), console.width) if table.title else []
    for row in zip(*(column.cells for column in table.columns), strict=True):
        name, *values = (_text(cell, console) for cell in row)
        lines += _wrapped(f"{headings[0]} {name}".strip(), console.width, "")
        pairs = [(heading, value) for heading, value in zip(headings[1:], values, strict=True) if value]
        lines += facts(pairs, console.width, INDENT)
    return lines


def _text(cell: RenderableType, console: Console) -> str:
    """What a cell shows, on one line, without its style."""
    rendered = console.render_lines(cell, console.options.update(max_width=UNBOUNDED), pad=False)
    lines = ("".join(segment.text for segment in line).strip() for line in rendered)
    return " ".join(line for line in lines if line)
