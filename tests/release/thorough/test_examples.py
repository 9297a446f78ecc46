"""Examples are made of rows by what training rows say, and of nothing else."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from google.protobuf import text_format
from numpy.typing import NDArray
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from models.core.data_card import SPLITS
from models.datasets.training_set import SCHEMA
from models.preprocessing.scaling import fit_scaling, scaled_array
from models.preprocessing.transform import LEAST_SPREAD, LIMIT
from models.preprocessing.transform_runtime import tf, tft
from models.preprocessing.transform_specs import example_schema
from pipelines.batch.training_set import example_batches
from pipelines.batch.training_set.examples_job import transform_examples
from pipelines.core.errors import InputError
from schemas.feature_table import FEATURE_NAMES

Arrays = Mapping[str, NDArray[Any]]

COUNTS = {"train": 150, "validation": 40, "test": 30}
LABELS = ("stress", "calm", "exercise")
BASELINE = ("baseline_mean", "baseline_std")
NEVER, CONSTANT, WILD, LATER = 3, 7, 11, 13
"""Columns: missing everywhere; always 5; with one huge value; missing in training alone."""

APPLY = """
import sys
import numpy as np
from models.core.runtime import import_tensorflow

tf = import_tensorflow(threads=1)
graph = tf.saved_model.load(sys.argv[1])
with np.load(sys.argv[2]) as raw:
    found = graph.transform_fn({name: tf.constant(values) for name, values in raw.items()})
np.savez(sys.argv[3], **{name: values.numpy() for name, values in found.items()})
"""


def rows(split: str, *, seed: int, level: float = 5) -> pa.Table:
    """Rows with a fifth of all values missing."""
    count, rng = COUNTS[split], np.random.default_rng(seed)
    numbers = [field.name for field in SCHEMA if field.type == pa.float64()]
    values = dict(zip(numbers, rng.normal(level, 2, (len(numbers), count)), strict=True))
    for column in values.values():
        column[rng.random(count) < 0.2] = np.nan
    values[FEATURE_NAMES[NEVER]][:] = np.nan
    values[FEATURE_NAMES[CONSTANT]][:] = 5
    values[FEATURE_NAMES[WILD]][0] = 1e9
    if split == "train":
        values[FEATURE_NAMES[LATER]][:] = np.nan
    values |= {name: np.abs(column) for name, column in values.items() if name.startswith("baseline_std")}
    sequence = rng.normal(level, 1, count * 360).astype(np.float32)
    sequence[rng.random(len(sequence)) < 0.3] = np.nan
    columns = {
        **values,
        "user_id": [f"{split}-{n % 3}" for n in range(count)],
        "window_start_ms": np.arange(count) * 5_000,
        "window_end_ms": np.arange(count) * 5_000 + 60_000,
        "label": [LABELS[n % 3] for n in range(count)],
        "split": [split] * count,
        "sequence": pa.FixedSizeListArray.from_arrays(pa.array(sequence), 360),
    }
    return pa.table({name: columns[name] for name in SCHEMA.names}, schema=SCHEMA)


def write_rows(folder: Path, tables: Mapping[str, pa.Table]) -> Path:
    folder.mkdir(parents=True)
    for split, table in tables.items():
        pq.write_table(table, folder / f"{split}.parquet", row_group_size=100)
    return folder


def features(table: pa.Table, prefix: str = "") -> NDArray[np.float64]:
    """(n, features) of rows, or of people at rest."""
    return np.stack([table[f"{prefix}{name}"].to_numpy() for name in FEATURE_NAMES], axis=1)


def sequences(table: pa.Table) -> NDArray[np.float32]:
    """(n, 60, 6) of rows."""
    values: NDArray[np.float32] = table["sequence"].combine_chunks().flatten().to_numpy()
    return values.reshape(-1, 60, 6)


def made(folder: Path, tables: Mapping[str, pa.Table]) -> Path:
    """The output folder of these rows."""
    output = folder / "out"
    transform_examples(write_rows(folder / "rows", tables), output, PipelineOptions([]))
    return output


def read_examples(output: Path, split: str) -> Arrays:
    """All examples of a split, as its schema says they are to be read."""
    schema = text_format.Parse((output / "schema.pbtxt").read_text(encoding="utf-8"), schema_pb2.Schema())
    spec = tft.DatasetMetadata(schema).schema
    files = [str(file) for file in sorted((output / "examples").glob(f"{split}-*.tfrecord.gz"))]
    serialized = list(tf.data.TFRecordDataset(files, compression_type="GZIP").as_numpy_iterator())
    parsed = tf.io.parse_example(serialized, tft.tf_metadata.schema_utils.schema_as_feature_spec(spec).feature_spec)
    return {name: tensor.numpy() for name, tensor in parsed.items()}


@pytest.fixture(scope="module")
def tables() -> dict[str, pa.Table]:
    return {split: rows(split, seed=seed) for seed, split in enumerate(SPLITS)}


@pytest.fixture(scope="module", autouse=True)
def _small_batches() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(example_batches, "ROWS_AT_ONCE", 64)
        yield


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory, tables: dict[str, pa.Table]) -> Path:
    return made(tmp_path_factory.mktemp("examples"), tables)


@pytest.fixture(scope="module")
def examples(output: Path) -> dict[str, Arrays]:
    return {split: read_examples(output, split) for split in SPLITS}


def test_values_are_standardised_by_training_rows(tables: dict[str, pa.Table], examples: dict[str, Arrays]) -> None:
    for name, values in (("features", features), ("sequence", sequences)):
        scaling = fit_scaling(values(tables["train"]).astype(np.float32))
        for split in SPLITS:
            expected = scaled_array(values(tables[split]), scaling)
            np.testing.assert_allclose(examples[split][name], expected, rtol=1e-5, atol=1e-5)


def test_rows_of_other_splits_change_nothing(
    tmp_path: Path, tables: dict[str, pa.Table], output: Path, caplog: pytest.LogCaptureFixture
) -> None:
    absurd = {"validation": rows("validation", seed=9, level=1e6), "test": rows("test", seed=9, level=-1e6)}
    again = made(tmp_path, {**tables, **absurd})
    assert not caplog.records
    for file in sorted((output / "examples").glob("train-*")):
        assert (again / "examples" / file.name).read_bytes() == file.read_bytes()
    assert read_examples(again, "test")["features"].min() == -LIMIT


def test_features_stand_against_the_persons_own_rest(tables: dict[str, pa.Table], examples: dict[str, Arrays]) -> None:
    train, spread = tables["train"], fit_scaling(features(tables["train"]).astype(np.float32)).std
    mean, std = (features(train, f"{name}_") for name in BASELINE)
    expected = np.clip((features(train) - mean) / np.maximum(std, LEAST_SPREAD * spread), -LIMIT, LIMIT)
    known = np.isfinite(expected)
    values, presence = np.split(examples["train"]["relative"], 2, axis=1)
    np.testing.assert_array_equal(presence, known)
    np.testing.assert_allclose(values, np.where(known, expected, 0), rtol=1e-4, atol=1e-5)


def test_unseen_and_constant_columns(examples: dict[str, Arrays]) -> None:
    for split in SPLITS:
        values, presence = np.split(examples[split]["features"], 2, axis=1)
        assert not presence[:, [NEVER, LATER]].any()
        assert not values[:, [NEVER, LATER, CONSTANT]].any()
        assert np.abs(values).max() <= LIMIT


def test_rows_keep_their_keys_labels_and_order(tables: dict[str, pa.Table], examples: dict[str, Arrays]) -> None:
    for split in SPLITS:
        table, found = tables[split], examples[split]
        assert [("calm", "stress", "exercise")[n] for n in found["label"]] == table["label"].to_pylist()
        assert [name.decode() for name in found["user_id"]] == table["user_id"].to_pylist()
        assert found["window_end_ms"].tolist() == table["window_end_ms"].to_pylist()


def test_files_hold_a_bounded_number_of_rows(output: Path) -> None:
    names = [file.name for file in sorted((output / "examples").iterdir())]
    assert [name for name in names if name.startswith("train")] == [
        f"train-{n:05d}-of-00003.tfrecord.gz" for n in range(3)
    ]
    assert sorted(path.name for path in output.iterdir()) == [
        "examples",
        "row_schema.pbtxt",
        "schema.pbtxt",
        "statistics.json",
        "statistics.pb",
        "transform_fn",
        "transformed_metadata",
    ]


def test_the_graph_runs_where_the_stream_runs(
    tmp_path: Path, output: Path, tables: dict[str, pa.Table], examples: dict[str, Arrays]
) -> None:
    """Another TensorFlow, without tf.transform."""
    table = tables["test"]
    real = {"features": features(table), **{name: features(table, f"{name}_") for name in BASELINE}}
    raw = {name: values.astype(np.float32) for name, values in {**real, "sequence": sequences(table)}.items()}
    np.savez(tmp_path / "raw.npz", **raw, label=np.array(table["label"].to_pylist()))
    python = Path(sys.prefix).parent / "stream" / "bin" / "python"
    places = [output / "transform_fn", tmp_path / "raw.npz", tmp_path / "found.npz"]
    subprocess.run([python, "-c", APPLY, *places], check=True)
    with np.load(tmp_path / "found.npz") as found:
        assert set(found) == {"features", "relative", "sequence", "label"}
        for name, values in found.items():
            np.testing.assert_allclose(values, examples["test"][name], rtol=1e-6, atol=1e-6)


def test_statistics_are_those_of_the_raw_rows(output: Path, tables: dict[str, pa.Table]) -> None:
    told = json.loads((output / "statistics.json").read_text(encoding="utf-8"))
    assert told["rows"] == COUNTS
    assert told["labels"]["train"] == {"calm": 50, "exercise": 50, "stress": 50}
    values = tables["test"]["hr_std"].to_numpy()
    found = told["columns"]["hr_std"]["test"]
    assert found["missing_share"] == pytest.approx(np.isnan(values).mean())
    assert (found["mean"], found["std"]) == pytest.approx((np.nanmean(values), np.nanstd(values)))
    assert found["lower_quartile"] == pytest.approx(np.nanquantile(values, 0.25))
    assert told["columns"][FEATURE_NAMES[NEVER]]["train"]["mean"] is None
    sequence = sequences(tables["validation"])[..., 2]
    assert told["columns"]["sequence_gsr"]["validation"]["max"] == pytest.approx(float(np.nanmax(sequence)))
    metadata = statistics_pb2.DatasetFeatureStatisticsList.FromString((output / "statistics.pb").read_bytes())
    assert [dataset.name for dataset in metadata.datasets] == list(SPLITS)


def test_the_schema_of_examples_is_that_of_the_graph(output: Path) -> None:
    mine = {feature.name: feature for feature in example_schema(("calm", "stress")).feature}
    for feature in tft.TFTransformOutput(str(output)).transformed_metadata.schema.feature:
        assert (mine[feature.name].type, mine[feature.name].shape) == (feature.type, feature.shape)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"train": lambda table: table.slice(0, 0)}, "no training rows"),
        ({"test": lambda table: table.set_column(3, "label", pa.array(["happy"] * len(table)))}, "no label set"),
    ],
)
def test_rows_of_which_no_examples_can_come(
    tmp_path: Path, tables: dict[str, pa.Table], change: dict[str, Any], reason: str
) -> None:
    changed = {split: change.get(split, lambda table: table)(table) for split, table in tables.items()}
    with pytest.raises(InputError, match=reason):
        made(tmp_path, changed)
    assert not (tmp_path / "out").exists()


def test_torn_rows_are_named(tmp_path: Path, tables: dict[str, pa.Table]) -> None:
    folder = write_rows(tmp_path / "rows", tables)
    (folder / "test.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match=r"test\.parquet cannot be read"):
        transform_examples(folder, tmp_path / "out", PipelineOptions([]))
