"""What was found and is not read, as lines for people."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MOST_LINES: Final = 20

Say = Callable[[str], None]


@dataclass(frozen=True)
class Skipped:
    """A file or folder that is not read, and why."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"skipped {self.path}: {self.reason}"


def say_all(lines: Sequence[str], say: Say, *, most: int = MOST_LINES) -> None:
    """Says so many of the lines, and how many more there are.

    >>> say_all(["one", "two", "three"], print, most=2)
    one
    two
    … and 1 more such line
    """
    for line in lines[:most]:
        say(line)
    if (left := len(lines) - most) > 0:
        say(f"… and {left:,} more such line{'s' if left > 1 else ''}")
