"""A whole training set, from labels to data card."""

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from feature_repo.columns import USER_BASELINE, VIEWS
from models.core.data_card import SPLITS, DataCard
from models.datasets import training_set
from models.datasets.training_set import BASELINE_NAMES, SCHEMA
from pipelines.archive.days import DAY_MS
from pipelines.core.errors import EqmError, InputError, StackError, TrainingError
from pipelines.datasets.card import summary_lines
from pipelines.datasets.rows import write_rows
from pipelines.features.compute import compute_windows
from pipelines.features.windowing import windows
from pipelines.sources.recording import to_samples
from schemas.feature_table import FEATURE_NAMES
from schemas.windows import PHASES, WINDOW_MS, user_phase_ms
from tests.unit.batch import history
from tests.unit.batch.history import FIRST_DAY, SECOND_DAY
from tests.unit.batch.training_set.conftest import DAYS, PEOPLE, SECONDS, Home, half_and_half, label

Set = tuple[DataCard, Path]


def adds_up(card: DataCard) -> bool:
    in_splits = sum(sum(by_label.values()) for by_label in card.windows.values())
    return card.candidates == card.kept + sum(card.dropped.values()) and card.kept == in_splits


def content(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def whole_table(folder: Path) -> pa.Table:
    return pa.concat_tables([pq.read_table(folder / "rows" / f"{name}.parquet") for name in SPLITS])


def test_every_window_is_kept_or_counted(by_person: Set) -> None:
    card, _ = by_person
    assert adds_up(card)
    assert card.candidates == PEOPLE * (SECONDS + 60) // 5
    assert set(card.dropped) == {"off_stride", "least_share"}
    assert (card.intervals, card.intervals_dropped, card.users_without_data) == (2 * PEOPLE, {}, ())


def test_rows_are_sorted_and_in_the_declared_form(by_person: Set) -> None:
    _, folder = by_person
    for name in SPLITS:
        rows = pq.read_table(folder / "rows" / f"{name}.parquet")
        keys = list(zip(rows["user_id"].to_pylist(), rows["window_start_ms"].to_pylist(), strict=True))
        assert rows.schema.equals(SCHEMA)
        assert keys == sorted(set(keys))
        assert set(rows["split"].to_pylist()) == {name}
        assert not any(column.null_count for column in rows.columns)
    assert [column.name for column in VIEWS[USER_BASELINE]] == list(BASELINE_NAMES)


def test_features_and_sequences_are_those_of_the_whole_history(by_person: Set) -> None:
    _, folder = by_person
    rows = whole_table(folder)
    for person in history.people(PEOPLE, seconds=SECONDS):
        mine = rows.filter(pc.field("user_id") == person.user_id)
        formed = windows(to_samples(person), user_phase_ms(person.user_id, PHASES))
        computed = compute_windows(formed.window_start_ms, formed.samples, formed.offsets)
        place = np.searchsorted(formed.window_start_ms, mine["window_start_ms"].to_numpy())
        assert len(place)
        np.testing.assert_array_equal(training_set.columns(mine, FEATURE_NAMES), computed.features[place])
        np.testing.assert_array_equal(training_set.sequences(mine), computed.sequence[place])
        assert mine["window_end_ms"].to_numpy().tolist() == (formed.window_start_ms[place] + WINDOW_MS).tolist()


def test_the_card_tells_of_the_rows(by_person: Set) -> None:
    card, folder = by_person
    rows = whole_table(folder)
    assert card.missing_share["hrv_mean"] == 1.0
    assert card.missing_share["hrv_lf"] == np.isnan(rows["hrv_lf"].to_numpy()).mean()
    assert card == training_set.read_card(folder)
    assert card.trained_on == "recorded people"
    text = (folder / "card.md").read_text()
    assert "| hrv_mean | 100.0% |" in text
    assert f"| kept | {card.kept} |" in text


def test_the_summary_says_what_was_kept_and_what_left_out(by_person: Set) -> None:
    lines = summary_lines(by_person[0])
    assert lines[0] == "210 of 540 windows kept, split by person:"
    assert "left out: off_stride 270" in lines


def test_training_reads_what_was_written(by_person: Set) -> None:
    card, folder = by_person
    found = training_set.load(folder)
    assert found.dataset.data_hash() == card.data_hash
    assert found.people().train == card.people["train"]
    assert set(zip(found.dataset.person, found.split, strict=True)) == {
        (person, name) for name in SPLITS for person in card.people[name]
    }


def test_the_same_input_gives_the_same_bytes(by_person: Set, home: Home) -> None:
    _, folder = by_person
    home.build(half_and_half())
    assert content(home.output) == content(folder)


def test_neither_doubled_readings_nor_a_clock_that_jumps_back_change_it(by_person: Set, home: Home) -> None:
    card, _ = by_person
    history.write_archive(home.archive, history.people(2, seconds=SECONDS)[::-1], name="part-1")
    assert home.build(half_and_half()).rows_hash == card.rows_hash


def test_portions_change_nothing(by_person: Set, tmp_path: Path) -> None:
    card, folder = by_person
    rows = whole_table(folder)
    (tmp_path / "parts").mkdir()
    for place in range(3):
        pq.write_table(rows.take(pa.array(range(place, rows.num_rows, 3))), tmp_path / "parts" / f"{place}.parquet")
    tally = write_rows(tmp_path / "parts", tmp_path / "rows", at_once=50)
    assert tally.rows_hash() == card.rows_hash
    assert whole_table(tmp_path).select(["user_id", "window_start_ms"]) == rows.select(["user_id", "window_start_ms"])


def test_by_time_everybody_is_in_all_splits_and_nothing_overlaps(home: Home) -> None:
    halves = {
        user: [label(user, ("calm", "stress")[n % 2], n * 60, n * 60 + 60) for n in range(8)]
        for user in half_and_half()
    }
    card = home.build(halves, split="time", stride_s=5)
    assert adds_up(card)
    assert card.dropped["split_gap"] > 0
    assert {len(people) for people in card.people.values()} == {PEOPLE}
    rows = whole_table(home.output)
    for user in halves:
        mine = rows.filter(pc.field("user_id") == user)
        start_ms, split = mine["window_start_ms"].to_numpy(), np.array(mine["split"].to_pylist())
        apart = np.abs(start_ms[:, None] - start_ms) >= WINDOW_MS
        assert (apart | (split[:, None] == split)).all()
    with pytest.raises(TrainingError, match="split by time"):
        training_set.load(home.output).people()


def test_unlabelled_dataless_and_overlapping_are_counted_by_reason(home: Home) -> None:
    labels = half_and_half()
    del labels["sim-004"]
    labels["sim-003"].append(label("sim-003", "stress", 0, 60))
    labels["eve"] = [label("eve", "calm", 0, 300)]
    labels["sim-000"] += [
        label("sim-000", "calm", SECONDS + 600, SECONDS + 900),
        label("sim-000", "calm", 10**6, 10**6 + 60),
    ]
    card = home.build(labels)
    assert adds_up(card)
    assert card.dropped["no_label"] == (SECONDS + 60) // 10
    assert card.dropped["overlapping_labels"] > 0
    assert card.intervals_dropped == {"outside_days": 1, "label_without_data": 2}
    assert card.users_without_data == ("eve",)


def test_rows_that_lack_late_readings_are_left_out_until_they_are_healed(home: Home) -> None:
    shutil.rmtree(home.archive)
    shutil.rmtree(home.offline)
    history.write_archive(
        home.archive,
        history.people(PEOPLE, seconds=SECONDS),
        late=lambda stream: (np.arange(len(stream.timestamp_ms)) == 20) & (stream.sensor_id == "sim-hr"),
    )
    history.write_streamed(home.offline, home.archive)
    card = home.build(half_and_half())
    assert adds_up(card)
    assert 0 < card.dropped["not_healed"] <= 12 * PEOPLE


def test_a_late_reading_that_contradicts_one_of_its_instant_is_found_too(home: Home) -> None:
    person = history.people(PEOPLE, seconds=SECONDS)[2]
    heart = next(each for each in person.streams if each.sensor_id == "sim-hr")
    second = replace(heart, timestamp_ms=heart.timestamp_ms[100:101], values=heart.values[100:101] + 1)
    history.write_archive(
        home.archive, [replace(person, streams=(second,))], late=lambda each: each.timestamp_ms > 0, name="part-late"
    )
    card = home.build(half_and_half())
    assert adds_up(card)
    assert card.dropped["not_healed"] == 6


def test_windows_without_archived_readings_are_left_out(home: Home) -> None:
    (home.archive / f"day={FIRST_DAY}" / "part-0").unlink()
    card = home.build(half_and_half())
    assert adds_up(card)
    assert card.dropped["not_in_archive"] > 0
    assert card.dropped["not_healed"] > 0, "windows across midnight"


def test_a_day_with_one_reading(home: Home) -> None:
    person = history.people(1, start_ms=history.START_MS + 5 * DAY_MS)[0]
    first = person.streams[0]
    lone = replace(first, timestamp_ms=first.timestamp_ms[:1], values=first.values[:1])
    history.write_archive(home.archive, [replace(person, user_id="lone", streams=(lone,))], name="part-lone")
    shutil.rmtree(home.offline)
    history.write_streamed(home.offline, home.archive)
    labels = half_and_half()
    labels["lone"] = [label("lone", "calm", 5 * 86_400 - 300, 5 * 86_400 + 300)]
    card = home.build(labels, days=replace(DAYS, last=DAYS.last + timedelta(days=5)))
    assert adds_up(card)
    (split,) = (name for name in SPLITS if "lone" in card.people[name])
    rows = pq.read_table(home.output / "rows" / f"{split}.parquet").filter(pc.field("user_id") == "lone")
    assert rows.num_rows == 6


def test_parts_that_workers_wrote_elsewhere_are_missed(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.batch.training_set.build.run", lambda options, build: None)
    with pytest.raises(StackError, match=rf"210 of 540 windows are neither .* every worker must see {home.folder}"):
        home.build(half_and_half())
    assert_nothing_written(home)


def assert_nothing_written(home: Home) -> None:
    assert sorted(each.name for each in home.folder.iterdir()) == ["archive", "feast"]


def torn(file: Path) -> Path:
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    return file


def test_a_torn_archive_file_is_one_clear_line(home: Home) -> None:
    torn(home.archive / f"day={SECOND_DAY}" / "part-0")
    with pytest.raises(EqmError, match=rf"day={SECOND_DAY}/part-0"):
        home.build(half_and_half())
    assert_nothing_written(home)


def test_a_torn_feature_file_is_one_clear_line(home: Home) -> None:
    torn(home.offline / f"day={SECOND_DAY}" / "part-0")
    with pytest.raises(InputError, match=rf"day={SECOND_DAY}/part-0"):
        home.build(half_and_half())
    assert_nothing_written(home)


def test_an_older_set_is_replaced_by_a_whole_one_alone(by_person: Set, home: Home) -> None:
    shutil.copytree(by_person[1], home.output)

    def fails(rows: Path, output: Path, options: object) -> None:
        (output / "examples").mkdir()
        raise InputError("no space")

    with pytest.raises(InputError, match="no space"):
        home.build(half_and_half(), examples=fails, stride_s=20)
    assert content(home.output) == content(by_person[1])
    card = home.build(half_and_half(), stride_s=20)
    assert training_set.read_card(home.output) == card != by_person[0]
    assert sorted(each.name for each in home.folder.iterdir()) == ["archive", "feast", "set"]


def test_what_is_no_training_set_is_not_replaced(home: Home) -> None:
    home.output.mkdir()
    (home.output / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="is no training set"):
        home.build(half_and_half())
    assert [each.name for each in home.output.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(
    ("labels", "line"),
    [
        ({}, "none of 540 windows can be used: no_label 270, off_stride 270"),
        ({"sim-000": [label("sim-000", "calm", 0, 240)]}, "labelled calm: a training set needs two"),
        ({"sim-000": [label("sim-000", "bored", 0, 240)]}, "belong to no label set"),
        ({"sim-000": half_and_half()["sim-000"]}, "labelled windows of 1 person"),
        (
            {**half_and_half(3), "sim-004": [label("sim-004", "calm", 0, 200, source="simulator")]},
            "simulated and of recorded people are mixed",
        ),
    ],
)
def test_labels_that_make_no_set_are_one_clear_line(home: Home, labels: dict, line: str) -> None:
    with pytest.raises(EqmError, match=line):
        home.build(labels)
    assert_nothing_written(home)


def test_days_without_windows_are_an_error(home: Home) -> None:
    shutil.rmtree(home.offline)
    with pytest.raises(InputError, match=f"no window in .* ends from {FIRST_DAY} to {SECOND_DAY}"):
        home.build(half_and_half())
    assert_nothing_written(home)
