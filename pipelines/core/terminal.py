"""What reaches a terminal: texts of senders and files as they can be read, never as commands that it obeys.

Ids, file names and messages of others may hold escape sequences. Here alone they are escaped, as JSON would, so that
JSON stays what it is: `escaped_output` for all that is printed, and `console.TerminalConsole` for what is drawn.
"""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

from schemas.message_rules import escaped


def readable(text: str) -> str:
    """The text, escaped wherever a terminal would obey it or turn it around; line feeds and tabs stay.

    >>> readable("ann\\x1b[2J and\\nbob")
    'ann\\\\u001b[2J and\\nbob'
    """
    return escaped(text, layout=True)


def complain(fault: Exception | str) -> None:
    """One line on standard error, whatever it quotes."""
    print(escaped(f"eqm: {fault}"), file=sys.stderr)


class _Escaping:
    """A text stream that writes what can be read. The streams it stands for are rich's way around it."""

    def __init__(self, stream: TextIO) -> None:
        self.rich_proxied_file = stream

    def write(self, text: str) -> int:
        self.rich_proxied_file.write(readable(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self.rich_proxied_file, name)


@contextmanager
def escaped_output() -> Iterator[None]:
    """Meanwhile standard output and error are escaped; they stay so for the traceback of an unexpected exception."""
    given = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (cast(TextIO, _Escaping(stream)) for stream in given)
    try:
        yield
    except SystemExit:
        sys.stdout, sys.stderr = given
        raise
    sys.stdout, sys.stderr = given
