"""`eqm export`: a whole folder with what it promises, or one line and nothing."""

import json
import shutil
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from models.bundle.packing import save
from models.bundle.predictor import CHUNK
from models.core.dataset import Dataset
from models.ensemble.combining import Weighted
from models.training.train import TrainedEnsemble
from pipelines.cli.main import main
from pipelines.training.export import CONTRACT, FIGURES, PAGE, Export
from tests.unit.models.people import made_up

KEPT = ("trees", "personal")


@pytest.fixture(scope="module")
def small(trained: TrainedEnsemble, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny bundle with two members alone."""
    members = {name: trained.ensemble.members[name] for name in KEPT}
    ensemble = replace(trained.ensemble, members=members, combiner=Weighted(np.array([0.5, 0.5])))
    folder = tmp_path_factory.mktemp("bundles") / "small"
    save(replace(trained, ensemble=ensemble), folder, name="small")
    return folder


@pytest.fixture(autouse=True)
def windows(monkeypatch: pytest.MonkeyPatch) -> dict[str, Dataset]:
    """What any training set's windows are."""
    given = {"dataset": made_up()}
    monkeypatch.setattr("pipelines.datasets.evaluation_windows.load", lambda folder: SimpleNamespace(**given))
    return given


def changed(bundle: Path, folder: Path, **fields: object) -> Path:
    """A copy of a bundle whose manifest says something else."""
    shutil.copytree(bundle, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | fields))
    return folder


@pytest.fixture(scope="module")
def edge(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the command writes of a bundle and a further one, in place of earlier exports."""
    folder = tmp_path_factory.mktemp("exports")
    to = folder / "edge"
    to.mkdir()
    for name in (CONTRACT, "old.tflite"):
        (to / name).write_text("{}")
    student = changed(small, folder / "student", name="student")
    arguments = ["export", "--bundle", str(small), "--student", str(student), "--training-set", "x", "--to", str(to)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.datasets.evaluation_windows.load", lambda folder: SimpleNamespace(dataset=made_up()))
        said, complained = run([*arguments, "--json"])
    assert complained == ""
    assert json.loads(said) == json.loads((to / FIGURES).read_text())
    assert sorted(each.name for each in folder.iterdir()) == ["edge", "student"]
    return to


@pytest.fixture(scope="module")
def report(edge: Path) -> dict[str, Any]:
    return json.loads((edge / FIGURES).read_text())


def run(arguments: list[str]) -> tuple[str, str]:
    """What a command that does as asked says, and complains of."""
    with redirect_stdout(StringIO()) as said, redirect_stderr(StringIO()) as complained:
        assert main(arguments) == 0
    return said.getvalue(), complained.getvalue()


def test_all_files_of_all_bundles_are_in_the_contract(edge: Path) -> None:
    contract = json.loads((edge / CONTRACT).read_text())
    assert [bundle["name"] for bundle in contract["bundles"].values()] == ["small", "student"]
    assert {each.name for each in edge.iterdir()} == {CONTRACT, FIGURES, PAGE, *contract["bundles"]}
    for bundle in contract["bundles"].values():
        assert {file.name for file in (edge / bundle["folder"]).iterdir()} == {
            *("trees.float32.tflite", "personal.float16.tflite", "personal.int8.tflite", "join.tflite"),
            *("preparation_values.tflite", "preparation_ranks.tflite"),
        }


def test_figures_are_those_of_the_people_held_out(small: Path, report: dict[str, Any]) -> None:
    metrics = json.loads((small / "manifest.json").read_text())["metrics"]
    assert report["people"] == metrics["people"]["test"]
    assert report["windows"] == np.isin(made_up().person, report["people"]).sum()
    lines = {(line["bundle"].split("-")[0], line["what"], line["format"]): line for line in report["lines"]}
    trees, its = lines["small", "trees", "float32"], metrics["members"]["trees"]
    assert (trees["balanced_accuracy"], trees["auroc"]) == pytest.approx((its["balanced_accuracy"], its["auroc"]))
    assert lines["small", "joined", "float16"]["largest_difference"] < 2e-3
    assert lines["student", "bundle", "TensorFlow"]["same_label_as_bundle"] == 1
    assert all(line["windows_per_s"] > 0 and line["size"]["bytes"] > 0 for line in report["lines"])


def test_the_page_says_whose_figures_it_shows_and_what_is_not_quantised(edge: Path) -> None:
    page = (edge / PAGE).read_text()
    assert "simulated people held out of training" in page
    assert "promise nothing for real ones" in page
    assert "trees float32: float32 alone" in page


def test_the_table_says_whose_figures_it_shows(
    report: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.training.export.exporting", lambda given, phases: Export((), report))
    assert main(["export", "--training-set", "x", "--to", str(tmp_path / "edge")]) == 0
    said = capsys.readouterr().out
    assert said.count(f"{report['windows']} windows of 2 simulated people held out of training") == 2
    assert "promise nothing for real ones" in said
    assert f"{CHUNK} at once" in said
    assert str(tmp_path / "edge" / CONTRACT) in said


def refused(capsys: pytest.CaptureFixture[str], to: Path, *arguments: object) -> str:
    """The one line; nothing new stands where exports would."""
    before = sorted(to.parent.rglob("*"))
    assert main(["export", "--training-set", "x", "--to", str(to), *map(str, arguments)]) == 1
    assert sorted(to.parent.rglob("*")) == before
    said = capsys.readouterr().err
    assert said.startswith("eqm: ")
    assert said.count("\n") == 1
    return said


def test_a_folder_with_something_else_is_left_alone(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "diary").mkdir()
    (tmp_path / "diary" / "monday.txt").write_text("mine")
    said = refused(capsys, tmp_path / "diary", "--bundle", small)
    assert "something else than exports; choose another --to" in said


def test_a_bundle_without_parts_is_refused(small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = changed(small, tmp_path / "old", parts_checksum="")
    assert "train it again" in refused(capsys, tmp_path / "edge", "--bundle", old)


def test_bundles_that_cannot_be_compared_are_refused(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = changed(small, tmp_path / "other", name="other", labels=["calm", "stress", "rest"])
    assert "other" in (said := refused(capsys, tmp_path / "edge", "--bundle", small, "--student", other))
    assert "knows calm, stress, rest" in said
    assert "given twice" in refused(capsys, tmp_path / "edge", "--bundle", small, "--student", small)


def test_without_anybody_held_out_nothing_is_said(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], windows: dict[str, Dataset]
) -> None:
    metrics = json.loads((small / "manifest.json").read_text())["metrics"]
    split = metrics["people"]
    swapped = metrics | {"people": split | {"train": split["test"], "test": split["train"]}}
    other = changed(small, tmp_path / "other", name="other", metrics=swapped)
    said = refused(capsys, tmp_path / "edge", "--bundle", small, "--student", other)
    assert "nobody whom all of these bundles held out" in said

    silent = changed(small, tmp_path / "silent", metrics={})
    assert "does not say who trained it" in refused(capsys, tmp_path / "edge", "--bundle", silent)

    everybody = windows["dataset"]
    windows["dataset"] = everybody.of(tuple(split["train"]))
    assert "none of the people held out" in refused(capsys, tmp_path / "edge", "--bundle", small)
    windows["dataset"] = everybody.of(tuple(split["test"]))
    assert "none of the people who trained" in refused(capsys, tmp_path / "edge", "--bundle", small)


def test_windows_of_other_labels_are_refused(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], windows: dict[str, Dataset]
) -> None:
    windows["dataset"] = replace(made_up(), label_names=("calm", "stress", "joy"))
    assert "windows are labelled joy" in refused(capsys, tmp_path / "edge", "--bundle", small)
