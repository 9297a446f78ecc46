"""Raw rows as tf.transform reads them: Arrow record batches of bounded size, one for each file of examples."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from tensorflow_metadata.proto.v0 import schema_pb2

from models.core.data_card import SPLITS
from models.preprocessing.transform_runtime import tfxio
from models.preprocessing.transform_specs import INPUT_SHAPES, KEYS
from pipelines.core.errors import InputError, first_line
from schemas.feature_table import FEATURE_NAMES, MEAN_NAMES

ROWS_AT_ONCE: Final = 4096
"""Rows worked on together, and in one file of examples: bounds memory, at some 50 MB."""

FILE: Final = "file"
"""The column that says which file of examples a row belongs to."""

SOURCES: Final[Mapping[str, tuple[str, ...]]] = {
    "features": FEATURE_NAMES,
    "baseline_mean": MEAN_NAMES,
    "baseline_std": tuple(f"baseline_std_{name}" for name in FEATURE_NAMES),
    "sequence": ("sequence",),
}
"""The columns of raw rows behind each real-valued input."""

SCHEMA: Final = pa.schema(
    [
        *((name, pa.list_(pa.float32())) for name in INPUT_SHAPES),
        ("label", pa.list_(pa.binary())),
        *((name, pa.list_(pa.int64() if name.endswith("_ms") else pa.binary())) for name in KEYS),
        (FILE, pa.list_(pa.binary())),
    ]
)


@dataclass(frozen=True)
class Stretch:
    """A row group of a split's rows; its files of examples are those from number `first` on, of `files`."""

    source: Path
    split: str
    group: int
    first: int
    files: int


def stretches(rows: Path) -> dict[str, list[Stretch]]:
    """All row groups of all splits; raises InputError for a file that is no Parquet."""
    return {split: _stretches(rows / f"{split}.parquet", split) for split in SPLITS}


def batches(stretch: Stretch) -> Iterator[pa.RecordBatch]:
    """The batches of a row group, each with all rows of one file of examples."""
    columns = [*KEYS, "label", *(name for names in SOURCES.values() for name in names)]
    with pq.ParquetFile(stretch.source, buffer_size=1 << 20) as opened:
        for number, batch in enumerate(opened.iter_batches(ROWS_AT_ONCE, [stretch.group], columns), stretch.first):
            yield _packed(batch, f"{stretch.split}-{number:05d}-of-{stretch.files:05d}.tfrecord.gz")


def tensors() -> tfxio.TensorAdapterConfig:
    """How the columns of a batch become tensors: keys and file name pass by."""
    shapes = {**INPUT_SHAPES, "label": ()}
    return tfxio.TensorAdapterConfig(SCHEMA, {name: _dense(name, shape) for name, shape in shapes.items()})


def _stretches(source: Path, split: str) -> list[Stretch]:
    try:
        footer = pq.read_metadata(source)
    except (OSError, pa.ArrowException) as fault:
        raise InputError(f"{source} cannot be read ({first_line(fault)}); build the training set again") from fault
    files = (-(-footer.row_group(group).num_rows // ROWS_AT_ONCE) for group in range(footer.num_row_groups))
    edges = list(accumulate(files, initial=0))
    return [Stretch(source, split, n, low, edges[-1]) for n, (low, high) in enumerate(pairwise(edges)) if high > low]


def _packed(batch: pa.RecordBatch, file: str) -> pa.RecordBatch:
    packed = {name: _lists(_values(batch, names), batch.num_rows) for name, names in SOURCES.items()}
    alone = {**{name: batch[name] for name in ("label", *KEYS)}, FILE: pa.repeat(file, batch.num_rows)}
    for name, column in alone.items():
        packed[name] = _lists(column.cast(SCHEMA.field(name).type.value_type), batch.num_rows)
    return pa.RecordBatch.from_pydict(packed, schema=SCHEMA)


def _values(batch: pa.RecordBatch, names: tuple[str, ...]) -> pa.Array:
    """All values of some columns, row by row."""
    columns = [_array(batch[name]).reshape(batch.num_rows, -1) for name in names]
    return pa.array(np.concatenate(columns, axis=1, dtype=np.float32).ravel())


def _array(column: pa.Array) -> NDArray[Any]:
    values = column.flatten() if pa.types.is_fixed_size_list(column.type) else column
    array: NDArray[Any] = values.to_numpy(zero_copy_only=False)
    return array


def _lists(values: pa.Array, rows: int) -> pa.Array:
    each = len(values) // rows
    return pa.ListArray.from_arrays(np.arange(0, len(values) + 1, each, dtype=np.int32), values)


def _dense(name: str, shape: tuple[int, ...]) -> schema_pb2.TensorRepresentation:
    size = [schema_pb2.FixedShape.Dim(size=length) for length in shape]
    dense = schema_pb2.TensorRepresentation.DenseTensor(column_name=name, shape=schema_pb2.FixedShape(dim=size))
    return schema_pb2.TensorRepresentation(dense_tensor=dense)
