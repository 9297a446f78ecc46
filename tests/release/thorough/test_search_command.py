"""`eqm search`, from a training set to a file of settings."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.search import space as search_space
from models.training.settings import TRAINING_PRESETS, read
from pipelines.cli.main import main
from tests.release.thorough.test_search import LITTLE, Known
from tests.unit.models.people import made_up
from tests.unit.models.test_training_set import PEOPLE, write


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    folds = tuple(Known(number, lambda: None) for number in range(2))
    monkeypatch.setattr("models.search.search.folds_of", lambda dataset, config: folds)
    monkeypatch.setattr(search_space, "SPACE", LITTLE)


@pytest.fixture
def training_set(tmp_path: Path) -> Path:
    folder = tmp_path / "set"
    folder.mkdir()
    write(folder, made_up(), "person")
    return folder


def search(tmp_path: Path, training_set: Path, *flags: str) -> int:
    return main(["--home", str(tmp_path / "home"), "search", "--training-set", str(training_set), *flags])


def test_the_best_settings_can_be_trained_with(
    tmp_path: Path, training_set: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert search(tmp_path, training_set, "--trials", "4", "--preset", "small", "--study", "mine") == 0
    said = capsys.readouterr()
    output = tmp_path / "home" / "search" / "mine.toml"
    assert said.err == ""
    assert "Best of 4 trials" in said.out
    assert "mean over 5 simulated people, each scored by what others trained" in said.out
    assert f"wrote {output}: use it with `eqm train --preset small --config {output}`" in said.out
    base = TRAINING_PRESETS["small"]
    best = read(output, base)
    assert best != base
    assert replace(best, label_balance=base.label_balance, trees=base.trees) == base


def test_test_people_take_no_part(tmp_path: Path, training_set: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert search(tmp_path, training_set, "--trials", "2") == 0
    other, rows = tmp_path / "other", made_up()
    other.mkdir()
    unseen = np.isin(rows.person, PEOPLE["test"])
    write(other, replace(rows, features=np.where(unseen[:, None], np.float32(9), rows.features)), "person")
    assert search(tmp_path, other, "--trials", "3") == 0
    learnt = tmp_path / "learnt"
    learnt.mkdir()
    write(learnt, replace(rows, features=np.where(unseen[:, None], rows.features, np.float32(9))), "person")
    assert search(tmp_path, learnt, "--trials", "3") == 1
    assert "was begun with other data" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--trials", "0"), "--trials 0: give 1 or more"),
        (("--study", "../x"), "--study ../x: give letters, digits, - and _"),
    ],
)
def test_what_cannot_be_is_one_line(
    tmp_path: Path, training_set: Path, capsys: pytest.CaptureFixture[str], flags: tuple[str, ...], message: str
) -> None:
    assert search(tmp_path, training_set, *flags) == 1
    assert capsys.readouterr().err == f"eqm: {message}\n"
    assert not (tmp_path / "home").exists()


def test_a_set_split_by_time_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    write(folder, made_up(), "time")
    assert search(tmp_path, folder) == 1
    assert "split by time" in capsys.readouterr().err
