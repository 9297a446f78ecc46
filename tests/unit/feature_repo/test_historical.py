"""Historical retrieval from files of both writers: against the obvious way, and while the files are being replaced."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feature_repo import historical
from feature_repo.columns import WINDOW_FEATURES
from feature_repo.historical import Lookup, join
from feature_repo.partitions import day_folder, forget, generations, publish, streamed
from tests.unit.feature_repo import made_rows
from tests.unit.feature_repo.made_rows import Row

HOUR_MS = 3_600_000
START_MS = 1_709_337_600_000
"""2024-03-02T00:00:00Z."""
DAY = "2024-03-02"
USERS = ("ann", "bob", "eve")
PAUSE_S = 0.1
Asked = tuple[str, int]


def day_of(at_ms: int) -> str:
    return str(np.datetime64(at_ms, "ms").astype("datetime64[D]"))


def write_files(folder: Path, files: Sequence[tuple[str, Sequence[Row]]]) -> None:
    """Every row into its day's folder, below the given name."""
    for name, rows in files:
        for day in {day_of(row[1]) for row in rows}:
            made_rows.write(day_folder(folder, day) / name, [row for row in rows if day_of(row[1]) == day])


def visible(folder: Path) -> Iterator[Row]:
    """All rows of finished files: streamed ones, then those of the newest generation."""
    for day in sorted(folder.glob("day=*")):
        newest = sorted(day.glob("recomputed-*"))[-1:]
        for file in [*sorted(day.glob("part-*")), *sorted(file for each in newest for file in each.glob("at-*"))]:
            held = pq.read_table(file, partitioning=None)
            keys = (held["user_id"].to_pylist(), held["window_start_ms"].to_pylist())
            yield from zip(*keys, held["samples"].to_pylist(), held["hr_mean"].to_pylist(), strict=True)


def naive(rows: Sequence[Row], asked: Sequence[Asked], ttl_ms: int | None) -> list[list[float]]:
    answers = []
    for user, moment in asked:
        known = [row for row in rows if row[0] == user and row[1] <= moment]
        fresh = [row for row in known if ttl_ms is None or moment - row[1] <= ttl_ms]
        newest = max(enumerate(fresh), key=lambda each: (each[1][1], each[1][2], each[0]), default=None)
        answers.append(list(newest[1][1:]) if newest else [np.nan] * 3)
    return answers


def frame(asked: Sequence[Asked]) -> pd.DataFrame:
    at = pd.to_datetime([moment for _, moment in asked], unit="ms", utc=True)
    return pd.DataFrame({"user_id": pd.Series([user for user, _ in asked], dtype=object), "event_timestamp": at})


def lookup(folder: Path, ttl_ms: int | None = None) -> Lookup:
    return Lookup(WINDOW_FEATURES, folder, made_rows.NAMES, None if ttl_ms is None else ttl_ms * 1_000_000)


TIMES = st.integers(-8, 8).map(lambda step: START_MS + step * 6 * HOUR_MS)
ROWS = st.lists(st.tuples(st.sampled_from(USERS[:2]), TIMES, st.integers(1, 3), st.floats(0, 1)), max_size=8)
FILES = st.sampled_from(["part-0", "part-1", "recomputed-000001/at-0", "recomputed-000002/at-0", ".part-2", "_part-3"])


@settings(max_examples=60, deadline=None)
@given(
    files=st.lists(st.tuples(FILES, ROWS), max_size=5, unique_by=lambda file: file[0]),
    asked=st.lists(st.tuples(st.sampled_from(USERS), TIMES), min_size=1, max_size=6),
    ttl_ms=st.sampled_from([None, 6 * HOUR_MS, 24 * HOUR_MS]),
)
def test_against_the_obvious_way(files: list[tuple[str, list[Row]]], asked: list[Asked], ttl_ms: int | None) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_files(folder, files)
        found = join(frame(asked), [lookup(folder, ttl_ms)])
        rows = list(visible(folder))
    np.testing.assert_array_equal(found[list(made_rows.NAMES)], np.array(naive(rows, asked, ttl_ms)))


def test_many_rows_in_many_files(tmp_path: Path) -> None:
    """The scale's shape in small: users in shuffled files of both writers, some windows in both, moments at random."""
    rng = np.random.default_rng(3)
    users = [f"user-{number}" for number in range(12)]
    count = 600
    rows = [
        (users[user], START_MS + int(step) * 5_000, int(samples), float(number))
        for user, step, samples, number in zip(
            rng.integers(0, 12, count),
            rng.integers(0, 40_000, count),
            rng.integers(1, 9, count),
            rng.random(count),
            strict=True,
        )
    ]
    again = [(user, at, int(rng.integers(1, 9)), -number) for user, at, _, number in rows[::2]]
    parts = [(f"part-{n}", rows[n::20]) for n in range(20)] + [
        (f"recomputed-000001/at-{n}", again[n::3]) for n in range(3)
    ]
    write_files(tmp_path, parts)
    asked = [
        (users[user], START_MS + int(at))
        for user, at in zip(rng.integers(0, 12, 400), rng.integers(0, 200_000_000, 400), strict=True)
    ]
    found = join(frame(asked), [lookup(tmp_path, 2 * HOUR_MS)])
    expected = np.array(naive(list(visible(tmp_path)), asked, 2 * HOUR_MS))
    assert 0.05 < np.isnan(expected).any(axis=1).mean() < 0.95
    np.testing.assert_array_equal(found[list(made_rows.NAMES)], expected)


def test_only_days_that_can_hold_an_answer_are_read(tmp_path: Path) -> None:
    write_files(tmp_path, [("part-0", [("ann", START_MS, 1, 1.0)])])
    for unread in ("2024-02-29", "2024-03-03"):
        day_folder(tmp_path, unread).mkdir()
        (day_folder(tmp_path, unread) / "part-0").write_text("nothing that can be read")
    found = join(frame([("ann", START_MS + HOUR_MS)]), [lookup(tmp_path, 24 * HOUR_MS)])
    assert found["hr_mean"].tolist() == [1.0]


@pytest.mark.parametrize("step", ["read_keys", "read_values"])
def test_a_generation_published_while_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """What was listed is gone before it is read: first the keys, or the values, of streamed rows."""
    write_files(tmp_path, [("part-0", [("ann", START_MS, 1, 0.0)]), ("part-1", [("bob", START_MS, 1, 0.0)])])
    place = day_folder(tmp_path, DAY)
    read = getattr(historical, step)
    asks = []

    def interrupted(*arguments: object) -> object:
        asks.append(1)
        if len(asks) == 1:
            replace(place, [("ann", START_MS, 1, 1.0), ("bob", START_MS, 1, 1.0)])
        return read(*arguments)

    monkeypatch.setattr(historical, step, interrupted)
    found = join(frame([("ann", START_MS), ("bob", START_MS)]), [lookup(tmp_path)])
    assert found["hr_mean"].tolist() == [1.0, 1.0]
    assert len(asks) == 2


def replace(place: Path, rows: Sequence[Row]) -> None:
    """What the nightly job does: a generation of two files, then everything older away."""
    superseded = streamed(place)
    staged = place / ".staged"
    for number in range(2):
        made_rows.write(staged / f"at-{number}", rows[number::2])
    publish(place, staged)
    forget(place, superseded)


def test_readers_race_with_the_nightly_job(tmp_path: Path) -> None:
    """Every answer holds everybody's row, and is of one generation at least as new as the one before."""
    users = [f"user-{number}" for number in range(4)]
    place = day_folder(tmp_path, DAY)
    replace(place, [(user, START_MS, 1, 1.0) for user in users])
    ended = threading.Event()

    def rewrite() -> None:
        number = 1.0
        while not ended.wait(PAUSE_S):
            number += 1
            replace(place, [(user, START_MS, 1, number) for user in users])

    writer = threading.Thread(target=rewrite)
    writer.start()
    answers = []
    try:
        while len(answers) < 60 or int(generations(place)[-1].name[-6:]) <= 5:
            answers.append(join(frame([(user, START_MS) for user in users]), [lookup(tmp_path)]))
    finally:
        ended.set()
        writer.join()
    numbers = np.array([answer["hr_mean"] for answer in answers])
    assert (numbers == numbers[:, :1]).all()
    assert (np.diff(numbers[:, 0]) >= 0).all()
