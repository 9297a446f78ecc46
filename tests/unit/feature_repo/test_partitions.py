"""Two writers, one folder: whatever the order of their work, the same rows count, and nobody sees half of it."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feature_repo.errors import FeatureStoreError
from feature_repo.partitions import (
    LISTINGS,
    counting_rows,
    day_folder,
    days,
    files,
    forget,
    generations,
    publish,
    read_whole,
    recomputed,
    streamed,
)
from tests.unit.feature_repo import made_rows
from tests.unit.feature_repo.made_rows import Row

DAY = "2024-03-02"
KEYS = st.tuples(st.sampled_from("ab"), st.integers(0, 3))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return day_folder(tmp_path, DAY)


def rows(writer: float, measured: dict[tuple[str, int], int]) -> list[Row]:
    return [(user, at, samples, writer) for (user, at), samples in measured.items()]


def staged(place: Path, name: str, *parts: Sequence[Row]) -> Path:
    for number, part in enumerate(parts):
        made_rows.write(place / f".staged-{name}" / f"at-{number}.parquet", part)
    return place / f".staged-{name}"


def counting(folder: Path) -> list[tuple[object, ...]]:
    """What counts, as (user, time, samples, number)."""
    tables = [pq.read_table(file, partitioning=None) for file in files(folder, [DAY])]
    table = pa.concat_tables([made_rows.table([]), *tables])
    kept = table.take(counting_rows(table))
    return list(zip(*(kept[name].to_pylist() for name in ("user_id", *made_rows.NAMES)), strict=True))


@settings(max_examples=60, deadline=None)
@given(
    parts=st.lists(st.dictionaries(KEYS, st.integers(0, 4), min_size=1), max_size=3),
    older=st.dictionaries(KEYS, st.integers(0, 4)),
    newer=st.dictionaries(KEYS, st.integers(0, 4)),
    order=st.permutations(["older", "newer", "part-0", "part-1", "part-2"]),
)
def test_the_order_of_writing_does_not_matter(
    parts: list[dict[tuple[str, int], int]],
    older: dict[tuple[str, int], int],
    newer: dict[tuple[str, int], int],
    order: list[str],
) -> None:
    """Streamed rows of one window and as many samples are one row, so they bear one number here: 0."""
    generation = iter((older, newer))
    with TemporaryDirectory() as folder:
        place = day_folder(Path(folder), DAY)
        for step in order:
            if step.startswith("part"):
                for part in parts[int(step[-1]) :][:1]:
                    made_rows.write(place / step, rows(0, part))
            else:
                publish(place, staged(place, step, rows(1, next(generation))))
        found = counting(Path(folder))
    both = [row for part in parts for row in rows(0, part)] + rows(1, newer)
    best = {(user, at): max((s, w) for u, t, s, w in both if (u, t) == (user, at)) for user, at, _, _ in both}
    assert found == [(user, at, *best[user, at]) for user, at in sorted(best)]


def test_nothing_stored(tmp_path: Path) -> None:
    assert days(tmp_path) == []
    assert files(tmp_path) == files(tmp_path, [DAY]) == []
    assert counting_rows(made_rows.table([])).tolist() == []


def test_unfinished_and_hidden_files_are_never_listed(tmp_path: Path, place: Path) -> None:
    seen = [made_rows.write(place / "part-0", [("a", 1, 1, 1.0)])]
    newest = publish(place, staged(place, "1", [("a", 1, 1, 1.0)]))
    seen.append(newest / "at-0.parquet")
    for hidden in (".part-1.inprogress.x", "_SUCCESS", f"{newest.name}/_made_from", f"{newest.name}/.at-1.parquet"):
        (place / hidden).write_text("nothing that can be read")
    staged(place, "2", [("a", 1, 9, 9.0)])
    (tmp_path / "other").mkdir()
    assert files(tmp_path) == files(tmp_path, [DAY]) == seen
    assert days(tmp_path) == [DAY]
    assert (streamed(place), recomputed(place)) == (seen[:1], seen[1:])


def test_streamed_files_of_all_days_come_before_recomputed_ones(tmp_path: Path) -> None:
    for day in ("2024-03-03", DAY):
        place = day_folder(tmp_path, day)
        made_rows.write(place / "part-0", [])
        publish(place, staged(place, "1", []))
    listed = [str(file.relative_to(tmp_path)).removeprefix("day=2024-03-0") for file in files(tmp_path)]
    assert [name.partition("/at")[0] for name in listed] == [
        *("2/part-0", "3/part-0"),
        *("2/recomputed-000001", "3/recomputed-000001"),
    ]


def test_publishing_is_one_rename(place: Path) -> None:
    for number in range(1, 12):
        made = staged(place, "x", [("a", 1, number, 1.0)], [])
        inode = made.stat().st_ino
        newest = publish(place, made)
        assert not made.exists()
        assert (newest.name, newest.stat().st_ino) == (f"recomputed-{number:06d}", inode)
        assert generations(place)[-1] == newest
        forget(place, [])
    assert [each.name for each in generations(place)] == ["recomputed-000011"], "its number is never used again"


def test_only_what_is_superseded_is_forgotten(place: Path) -> None:
    superseded = made_rows.write(place / "part-0", [("a", 1, 1, 0.0)])
    later = made_rows.write(place / "part-1", [("a", 2, 1, 0.0)])
    older = publish(place, staged(place, "1", [("a", 1, 1, 1.0)]))
    newest = publish(place, staged(place, "2", [("a", 1, 1, 2.0)]))
    forget(place, [superseded, place / "gone already"])
    assert sorted(place.iterdir()) == [later, newest]
    forget(place, [superseded])
    assert sorted(place.iterdir()) == [later, newest]
    assert not older.exists()


def test_a_generation_leaves_whole(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that had listed it must not find a part of it while it is being removed, nor after a crash there."""
    publish(place, staged(place, "1", [("a", 1, 1, 1.0)], [("a", 2, 1, 1.0)]))
    listed = recomputed(place)
    newest = publish(place, staged(place, "2", [("a", 1, 1, 2.0)], [("a", 2, 1, 2.0)]))
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", crash)
        with pytest.raises(KeyboardInterrupt):
            forget(place, [])
    assert not [file for file in listed if file.exists()]
    assert generations(place) == [newest]
    forget(place, [])
    assert list(place.iterdir()) == [newest]


def crash(_: Path) -> None:
    raise KeyboardInterrupt


def test_reading_starts_over_when_a_file_vanishes(tmp_path: Path, place: Path) -> None:
    superseded = made_rows.write(place / "part-0", [("a", 1, 1, 0.0)])
    listings = []

    def read(found: list[Path]) -> list[bytes]:
        listings.append(found)
        if len(listings) == 1:
            publish(place, staged(place, "1", [("a", 1, 1, 1.0)]))
            forget(place, [superseded])
        return [file.read_bytes() for file in found]

    assert read_whole(tmp_path, (day for day in [DAY]), read) == [file.read_bytes() for file in recomputed(place)]
    assert listings == [[superseded], recomputed(place)]


def test_files_that_vanish_for_ever_are_an_error(tmp_path: Path) -> None:
    tries = []

    def read(_: list[Path]) -> None:
        tries.append(1)
        raise FileNotFoundError(2, "no such file", "part-9")

    with pytest.raises(FeatureStoreError, match="part-9"):
        read_whole(tmp_path, None, read)
    assert len(tries) == LISTINGS
