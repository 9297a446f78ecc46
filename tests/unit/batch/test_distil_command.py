"""`eqm distil`: what it writes and says, and what it refuses."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.bundle.folder import MANIFEST, read_manifest
from models.core.dataset import Dataset
from pipelines.cli.main import main
from pipelines.datasets.training_windows import LabelledWindows
from pipelines.training.distil import configured
from tests.unit.models.people import made_up
from tests.unit.models.students import QUICK


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.training.distil.configured", lambda **given: QUICK)


def training_set(monkeypatch: pytest.MonkeyPatch, dataset: Dataset) -> None:
    monkeypatch.setattr("pipelines.training.train.built_windows", lambda folder: LabelledWindows(dataset, 0))


def distil(bundle: Path, to: Path, *flags: str) -> int:
    return main(["distil", "--bundle", str(bundle), "--to", str(to), "--training-set", "set", *flags])


def test_the_student_is_written_and_shown_beside_its_teacher(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    training_set(monkeypatch, made_up())
    assert distil(bundle, tmp_path / "student") == 0
    said, manifest, teacher = capsys.readouterr().out, read_manifest(tmp_path / "student"), read_manifest(bundle)
    assert (manifest.name, manifest.distilled_from) == ("tiny-student", teacher.version)
    assert f"Its teacher tiny {teacher.version} on the same windows, of simulated people: balanced accuracy" in said
    assert f"wrote tiny-student {manifest.version} to {tmp_path / 'student'}" in said


def test_other_data_is_refused_in_one_line_and_nothing_is_written(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = made_up()
    training_set(monkeypatch, replace(dataset, features=np.nan_to_num(dataset.features)))
    assert distil(bundle, tmp_path / "student") == 1
    said = capsys.readouterr().err
    assert "give the data it was trained on" in said
    assert said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_teacher_of_another_schema_or_none_is_refused(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    manifest = read_manifest(bundle).model_copy(update={"schema_hash": "0" * 16})
    (other / MANIFEST).write_text(manifest.model_dump_json())
    assert distil(other, tmp_path / "student") == 1
    assert "was made for schema 0000000000000000" in capsys.readouterr().err
    assert distil(tmp_path / "none", tmp_path / "student") == 1
    assert "no model bundle at" in capsys.readouterr().err


def test_a_student_does_not_replace_its_teacher(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert distil(bundle, bundle.parent / "x" / ".." / bundle.name) == 1
    assert "is the teacher itself" in capsys.readouterr().err


def test_a_name_that_cannot_be_is_refused_before_any_window_is_read(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert distil(bundle, tmp_path / "student", "--name", "My Student") == 1
    assert "--name My Student" in capsys.readouterr().err


def test_flags_become_settings() -> None:
    config = configured(seed=3, sparsity=0.8)
    assert (config.seed, config.schooling.sparsity) == (3, 0.8)
