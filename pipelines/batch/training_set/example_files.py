"""Files of examples."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from models.preprocessing.transform_runtime import tf, tfxio
from pipelines.batch.training_set.example_batches import FILE


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
