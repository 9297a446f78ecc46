"""What other programs leave in folders of recordings, told by its name."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Final

FOREIGN: Final = (
    ("._*", "macOS keeps it beside a file"),
    ("__macosx", "macOS keeps it in a zip"),
    (".*", "hidden"),
    ("~$*", "an office program's lock"),
    ("thumbs.db", "Windows keeps it"),
    ("desktop.ini", "Windows keeps it"),
    ("$recycle.bin", "Windows keeps it"),
    ("@eadir", "a file server keeps it"),
)
"""Patterns of names in lower case, and what an entry is that is called so. The first that fits says why."""


def why_foreign(name: str) -> str | None:
    """Why a file or folder of this name is none of a recording; None where it may be one.

    >>> why_foreign("._day.jsonl"), why_foreign(".ipynb_checkpoints"), why_foreign("day.jsonl")
    ('macOS keeps it beside a file', 'hidden', None)
    """
    return next((reason for pattern, reason in FOREIGN if fnmatchcase(name.lower(), pattern)), None)


def foreign_head(parts: Iterable[str]) -> tuple[tuple[str, ...], str] | None:
    """Of a path, the part down to the first foreign name, and the reason; None where no name is foreign.

    >>> foreign_head(("A01", "__MACOSX", "._EDA.csv"))
    (('A01', '__MACOSX'), 'macOS keeps it in a zip')
    """
    head: tuple[str, ...] = ()
    for name in parts:
        head = (*head, name)
        if reason := why_foreign(name):
            return head, reason
    return None
