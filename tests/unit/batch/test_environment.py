"""What commands of the batch environment import is there: it has no Flink and no librdkafka."""

import importlib

import pytest

NEEDED = (
    *("archive.days", "batch.nightly", "batch.parity", "batch.training_set.build", "batch.training_set.examples_job"),
    *("rollout.announcing", "training.distil", "training.explain", "training.export", "training.registry_text"),
    *("training.search", "training.train"),
)


@pytest.mark.parametrize("module", NEEDED)
def test_what_batch_commands_import_is_there(module: str) -> None:
    importlib.import_module(f"pipelines.{module}")
