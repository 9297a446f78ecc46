"""From labels on the topic and streamed rows to a training set and a bundle, by the commands that users run."""

import json
from pathlib import Path

import pytest

from pipelines.replaying import simulated
from pipelines.settings import Settings
from tests.integration import streaming
from tests.integration.commands import eqm

DAY = "2025-06-01"
PEOPLE = simulated(8, minutes=8, start=f"{DAY}T12:00:00Z", seed=6)
DAYS = ("--from", DAY, "--to", DAY)


@pytest.fixture(scope="module")
def streamed(stack: Settings) -> Settings:
    streaming.fresh(stack)
    streaming.send(stack, PEOPLE)
    streaming.computed(stack)
    return stack


def test_a_model_is_trained_on_what_was_streamed(streamed: Settings, tmp_path: Path) -> None:
    output = tmp_path / "set"
    eqm(streamed, "backfill", *DAYS)
    card = json.loads(eqm(streamed, "training-set", "--output", str(output), "--json", *DAYS))
    assert card["kept"] > 200
    assert {split for split, people in card["people"].items() if people} == {"train", "validation", "test"}
    assert list(output.glob("examples/train-*.tfrecord.gz"))
    assert list(output.glob("transform_fn/**/saved_model.pb"))
    assert (output / "schema.pbtxt").is_file()

    bundle = tmp_path / "bundle"
    eqm(streamed, "train", "--training-set", str(output), "--preset", "small", "--bundle", str(bundle))
    assert json.loads((bundle / "manifest.json").read_text())["data_hash"] == card["data_hash"]
