"""The SQLite online store: the common specification, and what only files and processes can get wrong."""

import multiprocessing
import sqlite3
from multiprocessing.synchronize import Event
from pathlib import Path

import numpy as np
import pytest
from feast import FeatureStore

from feature_repo.columns import WINDOW_FEATURES
from feature_repo.errors import FeatureStoreError
from feature_repo.folders import ONLINE
from feature_repo.online import read_newest, write_newest
from feature_repo.store import open_store
from tests.unit.feature_repo.online_spec import NOON_MS, OnlineStoreSpec, newest_ms, read, windows, write

FORK = multiprocessing.get_context("fork")
STEPS = 60


class TestSqlite(OnlineStoreSpec):
    pass


def write_in_steps(folder: Path, first: int, start: Event) -> None:
    """Every other step, each followed by an attempt to go back."""
    store = open_store("local", folder)
    start.wait()
    for at in range(first, STEPS, 2):
        write(store, "ann", at)
        write(store, "ann", at - 7)


def test_two_writing_processes_and_a_reader(folder: Path) -> None:
    start = FORK.Event()
    writers = [FORK.Process(target=write_in_steps, args=(folder, first, start)) for first in (1, 2)]
    for writer in writers:
        writer.start()
    store = open_store("local", folder)
    start.set()
    seen = []
    while any(writer.is_alive() for writer in writers):
        if read(store, "ann") is not None:
            seen.append(newest_ms(store, "ann"))
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert seen == sorted(seen)
    assert newest_ms(store, "ann") == STEPS - 1


def test_a_batch_is_written_whole_or_not_at_all(folder: Path, store: FeatureStore) -> None:
    write(store, "ann", 1)
    with sqlite3.connect(folder / ONLINE) as other:
        other.execute(
            "CREATE TRIGGER fail BEFORE UPDATE ON eqm_window_features WHEN hex(new.entity_key) LIKE '%'"
            " || hex('ann') || '%' BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    other.close()
    with pytest.raises(sqlite3.IntegrityError, match="disk full"):
        write_newest(store, WINDOW_FEATURES, ["bob", "ann"], np.array([NOON_MS + 2000] * 2), windows([2.0, 2.0]))
    assert read(store, "bob") is None
    assert newest_ms(store, "ann") == 1


def test_a_writer_that_waits_too_long_says_for_what(folder: Path, store: FeatureStore) -> None:
    store.config.online_store.busy_timeout_s = 0.05
    other = sqlite3.connect(folder / ONLINE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(FeatureStoreError, match=r"online\.db: another process has been writing for 0\.05 s"):
        write(store, "ann", 1)
    assert read(store, "ann") is None, "readers do not wait"
    other.execute("ROLLBACK")
    other.close()
    assert write(store, "ann", 1) == 1


def test_rows_written_before_a_column_was_added_stay_readable(folder: Path, store: FeatureStore) -> None:
    write(store, "ann", 1)
    other = sqlite3.connect(folder / ONLINE)
    with other:
        other.execute("UPDATE layouts SET names = replace(names, '\"hr_mean\"', '\"since_renamed\"')")
    other.close()
    row = read_newest(open_store("local", folder), WINDOW_FEATURES, ["ann"])[0]
    assert row is not None
    assert row.values["hr_mean"] is None
    assert row.values["hr_std"] == 1.0
    assert "since_renamed" not in row.values


def test_a_store_whose_tables_are_gone_says_what_to_do(folder: Path, store: FeatureStore) -> None:
    other = sqlite3.connect(folder / ONLINE)
    other.execute("DROP TABLE eqm_window_features")
    other.close()
    with pytest.raises(FeatureStoreError, match="Feast is not applied: run `eqm up`"):
        read(store, "ann")
