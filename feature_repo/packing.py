"""A row's features as one blob, and the register of which names stand in which order in it."""

import json
import sqlite3
from collections.abc import Sequence
from typing import ClassVar

from feast.protos.feast.types.Value_pb2 import RepeatedValue
from feast.protos.feast.types.Value_pb2 import Value as ValueProto

from feature_repo.rows import NULL


def pack(names: Sequence[str], values: dict[str, ValueProto]) -> bytes:
    """Values in the order of `names`; null where a value is not given."""
    blob: bytes = RepeatedValue(val=[values.get(name, NULL) for name in names]).SerializeToString()
    return blob


def unpack(names: Sequence[str], blob: bytes, wanted: Sequence[str] | None = None) -> dict[str, ValueProto]:
    """The inverse of `pack`, reduced to the wanted names where these are given; a name not stored is null."""
    values = dict(zip(names, RepeatedValue.FromString(blob).val, strict=True))
    return values if wanted is None else {name: values.get(name, NULL) for name in wanted}


class Layouts:
    """Number to list of names. Rows written before a view's columns changed stay readable by name."""

    CREATE: ClassVar[str] = "CREATE TABLE IF NOT EXISTS layouts (id INTEGER PRIMARY KEY, names TEXT NOT NULL UNIQUE)"

    def __init__(self) -> None:
        self._names: dict[int, list[str]] = {}

    def id_of(self, connection: sqlite3.Connection, names: list[str]) -> int:
        """The number of these names in this order; inside a transaction, since a new one is stored."""
        text = json.dumps(names)
        connection.execute("INSERT OR IGNORE INTO layouts (names) VALUES (?)", (text,))
        number: int = connection.execute("SELECT id FROM layouts WHERE names = ?", (text,)).fetchone()[0]
        return number

    def names_of(self, connection: sqlite3.Connection, number: int) -> list[str]:
        """The names behind a number. A number's names never change, so they are read once."""
        if number not in self._names:
            text = connection.execute("SELECT names FROM layouts WHERE id = ?", (number,)).fetchone()[0]
            self._names[number] = json.loads(text)
        return self._names[number]
