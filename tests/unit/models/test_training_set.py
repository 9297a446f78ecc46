"""A training set is read as it was written, or not at all."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.core.data_card import CARD, SPLITS, DataCard, Parameters
from models.core.dataset import Dataset
from models.core.errors import TrainingError
from models.datasets.split import Split
from models.datasets.training_set import MEAN_NAMES, ROWS, SCHEMA, load
from schemas.feature_table import FEATURE_NAMES
from schemas.fingerprint import schema_hash
from tests.unit.models.people import made_up

PEOPLE = {"train": ("p0", "p1", "p2", "p3"), "validation": ("p4",), "test": ("p5",)}


def card_of(dataset: Dataset, split: str) -> DataCard:
    return DataCard(
        trained_on=dataset.trained_on,
        label_names=dataset.label_names,
        label_sources=("simulator",),
        parameters=Parameters(
            first_day="2024-01-01", last_day="2024-01-02", split=split, seed=1, least_share=0.75, stride_s=10
        ),
        candidates=len(dataset.label),
        kept=len(dataset.label),
        dropped={},
        intervals=1,
        intervals_dropped={},
        users_without_data=(),
        people=PEOPLE,
        windows={},
        with_baseline=0,
        missing_share={},
        schema_hash=schema_hash(),
        data_hash=dataset.data_hash(),
        rows_hash="0" * 16,
        versions={},
    )


def rows_of(dataset: Dataset, split: str) -> pa.Table:
    columns = {name: np.full(len(dataset.label), np.nan) for name in SCHEMA.names}
    columns |= dict(zip(FEATURE_NAMES, dataset.features.T.astype(np.float64), strict=True))
    columns |= dict(zip(MEAN_NAMES, dataset.baseline.T.astype(np.float64), strict=True))
    lists = pa.FixedSizeListArray.from_arrays(dataset.sequence.ravel(), type=SCHEMA.field("sequence").type)
    columns |= {
        "user_id": pa.array(dataset.person.tolist()),
        "window_start_ms": dataset.window_end_ms - 60_000,
        "window_end_ms": dataset.window_end_ms,
        "label": pa.array([dataset.label_names[label] for label in dataset.label]),
        "split": pa.array([split] * len(dataset.label)),
        "sequence": lists,
    }
    return pa.table({name: columns[name] for name in SCHEMA.names}, schema=SCHEMA)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, made_up(), "person")
    return tmp_path


def write(folder: Path, dataset: Dataset, split: str) -> None:
    (folder / ROWS).mkdir()
    for name in SPLITS:
        pq.write_table(rows_of(dataset.of(PEOPLE[name]), name), folder / ROWS / f"{name}.parquet")
    (folder / CARD).write_text(card_of(dataset, split).model_dump_json())


def test_rows_and_split_come_back(folder: Path) -> None:
    found, dataset = load(folder), made_up()
    for column in ("features", "sequence", "label", "person", "window_end_ms"):
        np.testing.assert_array_equal(getattr(found.dataset.ordered(), column), getattr(dataset.ordered(), column))
    assert found.people() == Split(*PEOPLE.values())
    assert {(p, s) for p, s in zip(found.dataset.person, found.split, strict=True)} == {
        (person, name) for name, people in PEOPLE.items() for person in people
    }


def test_a_set_split_by_time_holds_nobody_out(tmp_path: Path) -> None:
    write(tmp_path, made_up(), "time")
    with pytest.raises(TrainingError, match="split by time"):
        load(tmp_path).people()


def test_rows_that_are_not_those_of_the_card(folder: Path) -> None:
    file = folder / ROWS / "test.parquet"
    pq.write_table(pq.read_table(file).slice(1), file)
    with pytest.raises(TrainingError, match=r"the rows are not those of card\.json"):
        load(folder)


def test_a_torn_file(folder: Path) -> None:
    file = folder / ROWS / "test.parquet"
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(TrainingError, match=r"test\.parquet cannot be read"):
        load(folder)


def test_no_training_set(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no training set at"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("change", "line"), [({"schema_hash": "0" * 16}, "was made for schema 0000"), ({"format": "x"}, "cannot be read")]
)
def test_a_card_of_another_version(folder: Path, change: dict, line: str) -> None:
    card = json.loads((folder / CARD).read_text())
    (folder / CARD).write_text(json.dumps(card | change))
    with pytest.raises(TrainingError, match=line):
        load(folder)
