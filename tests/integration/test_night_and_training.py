"""One night and one training, by the commands that users run: what came late is healed, stream and batch agree,
and a bundle is made of what was streamed."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from models.training.recipes import Recipe, Recipes
from models.training.settings import TRAINING_PRESETS, written
from pipelines.core.settings import Settings
from pipelines.replay.faults import Faults
from pipelines.replay.people import simulated
from tests.integration import streaming
from tests.integration.commands import eqm
from tests.unit.models.people import TINY

DAY = "2025-06-01"
DAYS = ("--from", DAY, "--to", DAY)
PEOPLE = simulated(8, minutes=8, start=f"{DAY}T12:00:00Z", seed=6)
FAULTS = Faults(shuffle_s=9, duplicate_share=0.05, delay_share=0.01, delay_s=120, seed=4)
OVER = 3
PRESET = "small"
SMALLEST = replace(
    TRAINING_PRESETS[PRESET],
    sizes=TINY.sizes,
    trees=TINY.trees,
    recipes=Recipes.alike(Recipe(epochs=1), personal=Recipe(epochs=1)),
    learn_weights=False,
)
"""Every member is trained; none has to become good."""


def found(settings: Settings, *arguments: str, code: int = 0) -> dict[str, Any]:
    """The JSON that a command prints."""
    printed: dict[str, Any] = json.loads(eqm(settings, *arguments, "--json", code=code))
    return printed


@pytest.fixture(scope="module")
def streamed(stack: Settings) -> Settings:
    """People out of order, with duplicates and late readings, through the features job."""
    streaming.fresh(stack)
    counts = streaming.send(stack, PEOPLE, FAULTS)
    streaming.computed(stack)
    placed = streaming.placed(stack)
    assert placed.total() == counts.sent
    assert placed["late"] > 100
    return stack


@pytest.fixture(scope="module")
def healed(streamed: Settings) -> dict[str, Any]:
    """What a night's backfill says, after rows were compared as they were streamed and as the archive has them."""
    rows = streaming.offline_rows(streamed)
    as_streamed = found(streamed, "parity", *DAYS, "--without-late")
    assert agrees(as_streamed)
    assert as_streamed["compared"] == rows > 500
    unhealed = found(streamed, "parity", *DAYS, code=OVER)
    assert not agrees(unhealed)
    return found(streamed, "backfill", *DAYS)


def agrees(report: dict[str, Any]) -> bool:
    return not any(report[name] for name in ("missing", "extra", "differing", "differing_samples"))


def total(summary: dict[str, Any], count: str) -> int:
    return sum(day[count] for day in summary["days"])


def test_the_night_heals_what_was_late(streamed: Settings, healed: dict[str, Any]) -> None:
    assert total(healed, "changed") + total(healed, "new") > 0
    assert total(healed, "kept") == 0
    after = found(streamed, "parity", *DAYS)
    assert agrees(after)
    assert after["compared"] == total(healed, "windows")


def test_a_model_is_trained_on_what_was_streamed(streamed: Settings, healed: dict[str, Any], tmp_path: Path) -> None:
    output = tmp_path / "set"
    card = found(streamed, "training-set", "--output", str(output), *DAYS)
    assert card["kept"] > 200
    assert {split for split, people in card["people"].items() if people} == {"train", "validation", "test"}
    assert list(output.glob("examples/train-*.tfrecord.gz"))
    assert list(output.glob("transform_fn/**/saved_model.pb"))
    assert (output / "schema.pbtxt").is_file()

    config, bundle = tmp_path / "smallest.toml", tmp_path / "bundle"
    config.write_text(written(SMALLEST, TRAINING_PRESETS[PRESET]), encoding="utf-8")
    given = ("--training-set", str(output), "--preset", PRESET, "--config", str(config), "--bundle", str(bundle))
    eqm(streamed, "train", *given)
    manifest = json.loads((bundle / "manifest.json").read_text())
    assert manifest["data_hash"] == card["data_hash"]
    [champion] = json.loads(eqm(streamed, "models", "list", "--json"))
    assert (champion["bundle"], champion["trained_on"]) == (manifest["version"], "simulated people")
    in_use = streamed.current_bundle / "manifest.json"
    assert json.loads(in_use.read_text())["version"] == manifest["version"]
