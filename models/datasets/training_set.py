"""A training set on disk, and how it is read: raw rows by split, and the data card."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pydantic import ValidationError

from models.core.data_card import CARD, SPLITS, DataCard
from models.core.dataset import Dataset, TrainedOn
from models.core.errors import TrainingError
from models.core.inputs import SEQUENCE_SHAPE
from models.datasets.split import Split
from schemas.errors import first_problem
from schemas.feature_table import FEATURE_NAMES, MEAN_NAMES
from schemas.fingerprint import schema_hash

ROWS: Final = "rows"
BASELINE_NAMES: Final = (
    "baseline_windows",
    *(f"baseline_{statistic}_{name}" for statistic in ("mean", "std") for name in FEATURE_NAMES),
)
SCHEMA: Final = pa.schema(
    [
        ("user_id", pa.string()),
        ("window_start_ms", pa.int64()),
        ("window_end_ms", pa.int64()),
        ("label", pa.string()),
        ("split", pa.string()),
        *((name, pa.float64()) for name in (*FEATURE_NAMES, *BASELINE_NAMES)),
        ("sequence", pa.list_(pa.float32(), int(np.prod(SEQUENCE_SHAPE)))),
    ]
)
"""A row of a training set: raw values, NaN where missing; `sequence` is (60, 6), row by row."""

READ: Final = ("user_id", "window_end_ms", "label", *FEATURE_NAMES, *MEAN_NAMES, "sequence")


@dataclass(frozen=True)
class TrainingSet:
    """Labelled windows, and the split that each one is in."""

    dataset: Dataset
    split: NDArray[np.str_]
    card: DataCard

    def people(self) -> Split:
        """The people of each split; raises TrainingError where the set is split by time within people."""
        if self.card.parameters.split != "person":
            raise TrainingError("the training set is split by time, so nobody in it is unseen: build one by person")
        return Split(*(self.card.people[name] for name in SPLITS))


def read_card(folder: Path) -> DataCard:
    """The data card, if it is readable and made for the schemas in use."""
    file = folder / CARD
    try:
        card = DataCard.model_validate_json(file.read_bytes())
    except OSError:
        raise TrainingError(f"no training set at {folder}: build one with `eqm training-set`") from None
    except ValidationError as fault:
        raise TrainingError(f"{file} cannot be read: {first_problem(fault)}; build the training set again") from None
    if card.schema_hash != schema_hash():
        raise TrainingError(
            f"training set {folder} was made for schema {card.schema_hash}, this version has {schema_hash()};"
            " build it again"
        )
    return card


def load(folder: Path) -> TrainingSet:
    """A whole training set; raises TrainingError where its rows are not those that its card tells of."""
    card = read_card(folder)
    dataset, split = read_rows(folder / ROWS, card.label_names, card.trained_on)
    if dataset.data_hash() != card.data_hash:
        raise TrainingError(f"training set {folder}: the rows are not those of {CARD}; copy or build it again")
    return TrainingSet(dataset, split, card)


def read_rows(rows: Path, label_names: tuple[str, ...], trained_on: TrainedOn) -> tuple[Dataset, NDArray[np.str_]]:
    """The rows of all splits, one after the other, and the split of each."""
    tables = [_table(rows / f"{name}.parquet") for name in SPLITS]
    index = {name: number for number, name in enumerate(label_names)}
    dataset = Dataset(
        features=_joined([columns(table, FEATURE_NAMES).astype(np.float32) for table in tables]),
        baseline=_joined([columns(table, MEAN_NAMES).astype(np.float32) for table in tables]),
        sequence=_joined([sequences(table) for table in tables]),
        label=np.array(
            [index.get(label, -1) for table in tables for label in table["label"].to_pylist()], dtype=np.int64
        ),
        person=_joined([np.array(table["user_id"].to_pylist(), dtype=np.str_) for table in tables]),
        window_end_ms=_joined([table["window_end_ms"].to_numpy() for table in tables]),
        label_names=label_names,
        trained_on=trained_on,
    )
    return dataset, np.repeat(SPLITS, [table.num_rows for table in tables])


def columns(table: pa.Table, names: tuple[str, ...]) -> NDArray[np.float64]:
    """Columns of numbers side by side, (n, names)."""
    return np.stack([table[name].to_numpy() for name in names], axis=1)


def sequences(table: pa.Table) -> NDArray[np.float32]:
    """(n, 60, 6) of rows."""
    values: NDArray[np.float32] = table["sequence"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return values.reshape(-1, *SEQUENCE_SHAPE)


def _table(file: Path) -> pa.Table:
    try:
        return pq.read_table(file, columns=list(READ))
    except (OSError, pa.ArrowException) as fault:
        raise TrainingError(f"{file} cannot be read ({fault}); build the training set again") from fault


def _joined(parts: list[NDArray[Any]]) -> NDArray[Any]:
    return np.concatenate(parts)
