"""What the raw rows of a training set look like, column by column and split by split."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from tensorflow_metadata.proto.v0 import statistics_pb2

from models.core.data_card import SPLITS
from models.core.inputs import SEQUENCE_SHAPE
from models.datasets.training_set import BASELINE_NAMES
from schemas.channels import SEQUENCE_CHANNELS
from schemas.feature_table import FEATURE_NAMES

ROWS_AT_ONCE: Final = 4096


@dataclass(frozen=True)
class ColumnSummary:
    """Of the finite values of a column; None where there is none."""

    count: int
    missing: int
    missing_share: float
    mean: float | None
    std: float | None
    min: float | None
    lower_quartile: float | None
    median: float | None
    upper_quartile: float | None
    max: float | None


def summary(values: NDArray[np.floating[Any]]) -> ColumnSummary:
    """Mean, standard deviation (of all, not of a sample) and quartiles of an array of any shape; NaN is missing.

    >>> found = summary(np.array([1, 2, 3, np.nan]))
    >>> found.count, found.missing_share, found.mean, found.median, found.max
    (3, 0.25, 2.0, 2.0, 3.0)
    """
    present = values[np.isfinite(values)]
    missing = values.size - len(present)
    counts = (len(present), missing, missing / max(values.size, 1))
    if not len(present):
        return ColumnSummary(*counts, *[None] * 7)
    mean, std = present.mean(dtype=np.float64), present.std(dtype=np.float64)
    spread = np.quantile(present, (0, 0.25, 0.5, 0.75, 1), overwrite_input=True).tolist()
    return ColumnSummary(*counts, float(mean), float(std), *spread)


def write_statistics(rows: Path, output: Path) -> None:
    """Writes `statistics.json`, and the same as TensorFlow Metadata, `statistics.pb`."""
    splits = {split: _Split(rows / f"{split}.parquet") for split in SPLITS}
    counts = {split: opened.rows for split, opened in splits.items()}
    found = {split: {name: summary(values) for name, values in opened.columns()} for split, opened in splits.items()}
    labels = {split: opened.labels() for split, opened in splits.items()}
    columns = {name: {split: asdict(found[split][name]) for split in SPLITS} for name in found[SPLITS[0]]}
    text = json.dumps({"rows": counts, "labels": labels, "columns": columns}, indent=1, allow_nan=False)
    (output / "statistics.json").write_text(text + "\n", encoding="utf-8")
    datasets = [_dataset(split, counts[split], found[split]) for split in SPLITS]
    everything = statistics_pb2.DatasetFeatureStatisticsList(datasets=datasets)
    (output / "statistics.pb").write_bytes(everything.SerializeToString(deterministic=True))


@dataclass(frozen=True)
class _Split:
    """The rows of a split, read one column at a time."""

    file: Path

    @property
    def rows(self) -> int:
        count: int = pq.read_metadata(self.file).num_rows
        return count

    def columns(self) -> Iterator[tuple[str, NDArray[np.floating[Any]]]]:
        """Every real-valued column; the sequence as one column per channel."""
        with pq.ParquetFile(self.file) as opened:
            for name in (*FEATURE_NAMES, *BASELINE_NAMES):
                yield name, opened.read([name])[name].to_numpy()
        for index, channel in enumerate(SEQUENCE_CHANNELS):
            parts = [np.empty((0, SEQUENCE_SHAPE[0]), np.float32), *self._channel(index)]
            yield f"sequence_{channel}", np.concatenate(parts)

    def labels(self) -> dict[str, int]:
        """How often each label occurs."""
        counted = pq.read_table(self.file, columns=["label"])["label"].value_counts().to_pylist()
        return {entry["values"]: entry["counts"] for entry in sorted(counted, key=lambda entry: str(entry["values"]))}

    def _channel(self, index: int) -> Iterator[NDArray[np.float32]]:
        with pq.ParquetFile(self.file) as opened:
            for batch in opened.iter_batches(ROWS_AT_ONCE, columns=["sequence"]):
                values: pa.Array = batch["sequence"].flatten()
                yield values.to_numpy(zero_copy_only=False).reshape(-1, *SEQUENCE_SHAPE)[..., index].copy()


def _dataset(split: str, rows: int, columns: Mapping[str, ColumnSummary]) -> statistics_pb2.DatasetFeatureStatistics:
    features = [_feature(name, found) for name, found in columns.items()]
    return statistics_pb2.DatasetFeatureStatistics(name=split, num_examples=rows, features=features)


def _feature(name: str, found: ColumnSummary) -> statistics_pb2.FeatureNameStatistics:
    counts = statistics_pb2.CommonStatistics(num_non_missing=found.count, num_missing=found.missing)
    numbers = statistics_pb2.NumericStatistics(common_stats=counts)
    if found.count:
        numbers.mean, numbers.std_dev, numbers.median = found.mean, found.std, found.median
        numbers.min, numbers.max = found.min, found.max
        numbers.histograms.append(_quartiles(found))
    kind = statistics_pb2.FeatureNameStatistics.FLOAT
    return statistics_pb2.FeatureNameStatistics(name=name, type=kind, num_stats=numbers)


def _quartiles(found: ColumnSummary) -> statistics_pb2.Histogram:
    edges = (found.min, found.lower_quartile, found.median, found.upper_quartile, found.max)
    quarters = [
        statistics_pb2.Histogram.Bucket(low_value=low, high_value=high, sample_count=found.count / 4)
        for low, high in pairwise(edges)
    ]
    return statistics_pb2.Histogram(type=statistics_pb2.Histogram.QUANTILES, buckets=quarters)
