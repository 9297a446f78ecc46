"""A SQLite online store in which nothing older ever replaces anything newer, over processes too.

One row per view and user: its features change together. Rows are guarded by the SQL itself, in one
immediate transaction per batch; readers of the write-ahead log never wait and see whole batches only. Why not
Feast's own stores: docs/decisions/0003-own-adapters-to-feast.md.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from feast import Entity, FeatureView, RepoConfig
from feast.infra.key_encoding_utils import serialize_entity_key
from feast.infra.online_stores.online_store import OnlineStore
from feast.infra.online_stores.sqlite import SqliteOnlineStoreConfig
from feast.protos.feast.types.EntityKey_pb2 import EntityKey as EntityKeyProto

from feature_repo.errors import FeatureStoreError
from feature_repo.newest import newest_rows
from feature_repo.packing import Layouts, pack, unpack
from feature_repo.rows import EncodedRow, Progress, ReadRow, WriteRow, epoch_us, moment_of

CREATE = """
CREATE TABLE IF NOT EXISTS {table} (
    entity_key BLOB PRIMARY KEY, event_us INTEGER NOT NULL, layout INTEGER NOT NULL, packed BLOB NOT NULL
)"""
UPSERT = """
INSERT INTO {table} (entity_key, event_us, layout, packed) VALUES (?, ?, {layout}, ?)
ON CONFLICT (entity_key) DO UPDATE
SET event_us = excluded.event_us, layout = excluded.layout, packed = excluded.packed
WHERE excluded.event_us >= event_us"""
SELECT = "SELECT entity_key, event_us, layout, packed FROM {table} WHERE entity_key IN ({marks})"


class GuardedSqliteOnlineStoreConfig(SqliteOnlineStoreConfig):  # type: ignore[misc]
    """Settings of `GuardedSqliteOnlineStore`."""

    type: Literal["feature_repo.guarded_sqlite.GuardedSqliteOnlineStore"] = (
        "feature_repo.guarded_sqlite.GuardedSqliteOnlineStore"
    )
    busy_timeout_s: float = 30.0
    """How long a writer waits for another one before it gives up."""


class GuardedSqliteOnlineStore(OnlineStore):  # type: ignore[misc]
    """The local profile's online store. Threads of a process share one connection; a lock keeps them apart."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._layouts = Layouts()

    def online_write_batch(
        self, config: RepoConfig, table: FeatureView, data: list[WriteRow], progress: Progress
    ) -> None:
        """Feast's way in; see `write_newest`."""
        self.write_newest(config, table, data)
        if progress:
            progress(len(data))

    def write_newest(self, config: RepoConfig, table: FeatureView, data: Sequence[WriteRow]) -> int:
        """Write the newest row of each user; see `write_encoded`. A feature that a row lacks becomes null."""
        names = [feature.name for feature in table.features]
        newest = newest_rows([_key(config, row[0]) for row in data], [epoch_us(row[2]) for row in data])
        rows = ((_key(config, data[i][0]), epoch_us(data[i][2]), pack(names, data[i][1])) for i in newest)
        return self.write_encoded(config, table, list(rows))

    def write_encoded(self, config: RepoConfig, table: FeatureView, rows: Sequence[EncodedRow]) -> int:
        """Write rows of different users, except where the store holds a newer one; all or nothing.

        Returns the number of rows that were written.
        """
        names = [feature.name for feature in table.features]
        with self._open(config) as connection, _transaction(connection):
            upsert = UPSERT.format(table=_table(config, table), layout=self._layouts.id_of(connection, names))
            return connection.executemany(upsert, rows).rowcount

    def online_read(
        self,
        config: RepoConfig,
        table: FeatureView,
        entity_keys: list[EntityKeyProto],
        requested_features: list[str] | None = None,
    ) -> list[ReadRow]:
        """One answer per key, in order; `(None, None)` where nothing is stored."""
        keys = [_key(config, key) for key in entity_keys]
        sql = SELECT.format(table=_table(config, table), marks=",".join("?" * len(keys)))
        with self._open(config) as connection:
            found = {row[0]: row[1:] for row in connection.execute(sql, keys)}
            names = {layout: self._layouts.names_of(connection, layout) for _, layout, _ in found.values()}
        return [
            (moment_of(found[key][0]), unpack(names[found[key][1]], found[key][2], requested_features))
            if key in found
            else (None, None)
            for key in keys
        ]

    def update(
        self,
        config: RepoConfig,
        tables_to_delete: Sequence[FeatureView],
        tables_to_keep: Sequence[FeatureView],
        entities_to_delete: Sequence[Entity],
        entities_to_keep: Sequence[Entity],
        partial: bool,
    ) -> None:
        """Make the tables that are missing and drop those that are no longer declared."""
        _path(config).parent.mkdir(parents=True, exist_ok=True)
        with self._open(config, mode="rwc") as connection, _transaction(connection):
            connection.execute(Layouts.CREATE)
            for table in tables_to_keep:
                connection.execute(CREATE.format(table=_table(config, table)))
            for table in tables_to_delete:
                connection.execute(f"DROP TABLE IF EXISTS {_table(config, table)}")

    def teardown(self, config: RepoConfig, tables: Sequence[FeatureView], entities: Sequence[Entity]) -> None:
        """Forget everything."""
        self.close_connection()
        for suffix in ("", "-wal", "-shm"):
            Path(f"{_path(config)}{suffix}").unlink(missing_ok=True)

    def close_connection(self) -> None:
        """Close the file; the next use opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextmanager
    def _open(self, config: RepoConfig, mode: str = "rw") -> Iterator[sqlite3.Connection]:
        with self._lock, _clear_errors(config):
            if self._connection is None:
                self._connection = _connect(_path(config), mode, config.online_store.busy_timeout_s)
                self._layouts = Layouts()
            yield self._connection


def _connect(path: Path, mode: str, busy_timeout_s: float) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=busy_timeout_s,
        isolation_level=None,
        check_same_thread=False,
    )
    if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


@contextmanager
def _clear_errors(config: RepoConfig) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise FeatureStoreError(f"online store {_path(config)}: {_advice(str(error), config)}") from error


def _advice(text: str, config: RepoConfig) -> str:
    if "locked" in text:
        return f"another process has been writing for {config.online_store.busy_timeout_s:g} s: wait for it or stop it"
    if "no such table" in text or "unable to open" in text:
        return "Feast is not applied: run `eqm up`"
    return text


def _path(config: RepoConfig) -> Path:
    return Path(config.repo_path or ".", config.online_store.path)


def _table(config: RepoConfig, table: FeatureView) -> str:
    name = f"{config.project}_{table.name}".replace('"', '""')
    return f'"{name}"'


def _key(config: RepoConfig, key: EntityKeyProto) -> bytes:
    serialised: bytes = serialize_entity_key(key, config.entity_key_serialization_version)
    return serialised
