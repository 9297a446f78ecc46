"""The tf.transform step of a training set: files of examples and a transform graph from raw rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import apache_beam as beam
import pyarrow as pa
import pyarrow.parquet as pq
from apache_beam.options.pipeline_options import PipelineOptions
from google.protobuf import text_format
from google.protobuf.message import Message

from models.preprocessing.transform import Preprocessing
from models.preprocessing.transform_runtime import tf, tft_beam, tfxio
from models.preprocessing.transform_specs import KEYS, example_schema, row_schema
from pipelines.batch.engine import run
from pipelines.batch.training_set.example_batches import FILE, Stretch, batches, stretches, tensors
from pipelines.batch.training_set.row_statistics import write_statistics
from pipelines.core.errors import InputError
from schemas.labels import LABEL_SETS


@dataclass(frozen=True)
class WriteExamples:
    """Writes a batch of transformed rows as the file that it names; the same rows give the same bytes."""

    folder: Path

    def __call__(self, made: tuple[pa.RecordBatch, Mapping[str, pa.Array]]) -> None:
        batch, _ = made
        name = batch[FILE][0][0].as_py().decode()
        kept = [column for column in batch.schema.names if column != FILE]
        unfinished = self.folder / f"unfinished-{name}"
        with tf.io.TFRecordWriter(str(unfinished), "GZIP") as file:
            for example in tfxio.RecordBatchToExamplesEncoder().encode(batch.select(kept)):
                file.write(tf.train.Example.FromString(example).SerializeToString(deterministic=True))
        unfinished.replace(self.folder / name)


TRAIN: Final = "train"


def transform_examples(rows: Path, output: Path, options: PipelineOptions) -> None:
    """Makes examples of `rows/SPLIT.parquet`; nothing in them is measured of other than training rows.

    Writes `examples/SPLIT-*.tfrecord.gz` (rows in their order), `transform_fn` (a SavedModel), `transformed_metadata`,
    `schema.pbtxt` of the examples, `row_schema.pbtxt`, `statistics.json` and `statistics.pb` of the raw rows. `output`
    is a folder that its owner gives up where this raises.
    """
    parts = stretches(rows)
    if not parts[TRAIN]:
        raise InputError(f"{rows}: there are no training rows, of which everything else is measured")
    labels = _labels(rows, list(parts))
    (output / "examples").mkdir(parents=True)
    with TemporaryDirectory(dir=output, prefix="unfinished-") as working:
        run(options, _Build(parts, labels, output, Path(working)))
    _write(output / "schema.pbtxt", example_schema(labels))
    _write(output / "row_schema.pbtxt", row_schema(labels))
    write_statistics(rows, output)


@dataclass(frozen=True)
class _Build:
    """Analyses training rows, then transforms all."""

    parts: Mapping[str, Sequence[Stretch]]
    labels: tuple[str, ...]
    output: Path
    working: Path

    def __call__(self, pipeline: beam.Pipeline) -> None:
        with tft_beam.Context(str(self.working), passthrough_keys={*KEYS, FILE}):
            train = _read(pipeline, "training rows", self.parts[TRAIN])
            graph = (train, tensors()) | tft_beam.AnalyzeDataset(Preprocessing(self.labels))
            _ = graph | tft_beam.WriteTransformFn(str(self.output))
            rows = _read(pipeline, "all rows", chain.from_iterable(self.parts.values()))
            made, _ = ((rows, tensors()), graph) | tft_beam.TransformDataset(output_record_batches=True)
            _ = made | "write" >> beam.Map(WriteExamples(self.output / "examples"))


def _read(pipeline: beam.Pipeline, what: str, parts: Iterable[Stretch]) -> beam.PCollection:
    """The batches of some row groups, spread over the workers."""
    spread = pipeline | what >> beam.Create(list(parts)) | f"spread {what}" >> beam.Reshuffle()
    return spread | f"read {what}" >> beam.FlatMap(batches).with_output_types(pa.RecordBatch)


def _labels(rows: Path, splits: Sequence[str]) -> tuple[str, ...]:
    """The labels that occur, in the order of the declared set that holds them."""
    found = {str(name) for split in splits for name in _occurring(rows / f"{split}.parquet")}
    for names in LABEL_SETS.values():
        if found <= set(names):
            return tuple(name for name in names if name in found)
    raise InputError(f"{rows}: labels {sorted(found)} belong to no label set")


def _occurring(file: Path) -> list[str]:
    names: list[str] = pq.read_table(file, columns=["label"])["label"].unique().to_pylist()
    return names


def _write(file: Path, message: Message) -> None:
    file.write_text(text_format.MessageToString(message), encoding="utf-8")
