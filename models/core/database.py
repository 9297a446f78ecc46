"""SQLite files, looked at before a library opens them for good."""

import sqlite3
from contextlib import closing
from pathlib import Path


def damage(file: Path, *, table: str) -> str:
    """What is wrong with a database, or that it has no such table; empty where all is well. Nothing is written."""
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as opened:
            found = str(opened.execute("PRAGMA quick_check(1)").fetchone()[0])
            opened.execute(f"SELECT count(*) FROM {table}").fetchone()
    except sqlite3.Error as fault:
        return str(fault)
    return "" if found == "ok" else found


def address(file: Path) -> str:
    """As SQLAlchemy writes it."""
    return f"sqlite:///{file.absolute()}"
