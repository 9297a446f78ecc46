"""From labels on the topic and streamed rows to a training set and a bundle, by the commands that users run."""

import json
from pathlib import Path

import pytest

from pipelines.core.settings import Settings
from pipelines.replay.people import simulated
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
    manifest = json.loads((bundle / "manifest.json").read_text())
    assert manifest["data_hash"] == card["data_hash"]
    [champion] = json.loads(eqm(streamed, "models", "list", "--json"))
    assert (champion["bundle"], champion["trained_on"]) == (manifest["version"], "simulated people")
    in_use = streamed.current_bundle / "manifest.json"
    assert json.loads(in_use.read_text())["version"] == manifest["version"]
    _a_student_follows(streamed, output, bundle, tmp_path)


def _a_student_follows(settings: Settings, data: Path, teacher: Path, folder: Path) -> None:
    """Distilled, then both exported for devices, and the teacher explained."""
    student = folder / "student"
    eqm(settings, "distil", "--bundle", str(teacher), "--training-set", str(data), "--to", str(student))
    taught = json.loads((student / "manifest.json").read_text())
    assert taught["distilled_from"] == json.loads((teacher / "manifest.json").read_text())["version"]
    given = ("--bundle", str(teacher), "--training-set", str(data))
    eqm(settings, "export", *given, "--student", str(student), "--to", str(folder / "edge"))
    assert list((folder / "edge").rglob("student.*.tflite"))
    explained = json.loads(
        eqm(settings, "explain", *given, "--windows", "4", "--output", str(folder / "why"), "--json")
    )
    assert "simulated" in json.dumps(explained)
    assert (folder / "why" / "report.html").is_file()
