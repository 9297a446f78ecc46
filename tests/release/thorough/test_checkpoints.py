"""A training that is killed, and goes on."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.core.dataset import Dataset
from models.core.errors import TrainingError
from models.ensemble.ensemble import Ensemble, raw_inputs
from models.training.checkpoints import SUFFIX, Checkpoints, Saved, forget
from models.training.recipes import ANNEALED, Augmentation, Recipe, Recipes
from models.training.settings import TrainingConfig
from models.training.train import Folders, Progress, fit_ensemble
from tests.unit.models.people import TINY, made_up

ABOUT = {"data": "d", "settings": "s"}
STOPPED = Recipe(epochs=30, patience=2, batch_size=16, learning_rate=0.05)
SNAPSHOTS = replace(
    ANNEALED, epochs=6, snapshots=3, batch_size=16, augmentation=Augmentation(noise=0.2, mixup=0.4, sensor_dropout=0.2)
)
CONFIG = replace(TINY, combination="voting", recipes=Recipes(fusion=STOPPED, personal=SNAPSHOTS))
DATA = made_up()
LEARNING, VALIDATION = DATA.of(("p0", "p1", "p2")), DATA.of(("p3",))


class KilledError(Exception):
    """Stands for the end of a process."""


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.training.train.MEMBERS", ("trees", "fusion", "personal"))


def fit(
    folder: Path | None,
    told: list[Progress],
    *,
    killed_at: tuple[str, int] = ("", 0),
    learning: Dataset = LEARNING,
    config: TrainingConfig = CONFIG,
) -> Ensemble:
    def tell(step: Progress) -> None:
        told.append(step)
        if (step.member, step.epoch) == killed_at:
            raise KilledError

    return fit_ensemble(learning, VALIDATION, config, tell, folders=Folders(checkpoints=folder))


def answers(ensemble: Ensemble) -> np.ndarray:
    return ensemble.predict(**raw_inputs(DATA)).members


@pytest.fixture(scope="module")
def undisturbed() -> tuple[list[Progress], np.ndarray]:
    told: list[Progress] = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("models.training.train.MEMBERS", ("trees", "fusion", "personal"))
        return told, answers(fit(None, told))


def test_a_killed_training_goes_on_to_the_same_ensemble(
    tmp_path: Path, undisturbed: tuple[list[Progress], np.ndarray]
) -> None:
    expected, same = undisturbed
    stopped = sum(step.member == "fusion" for step in expected)
    assert 3 < stopped < STOPPED.epochs
    parts: list[list[Progress]] = []
    for killed_at in (("fusion", 2), ("fusion", stopped), ("personal", 3)):
        parts.append([])
        with pytest.raises(KilledError):
            fit(tmp_path, parts[-1], killed_at=killed_at)
    parts.append([])
    np.testing.assert_array_equal(answers(fit(tmp_path, parts[-1])), same)
    assert parts[0] == expected[:3]
    assert parts[1] == [expected[0], *expected[3 : 1 + stopped]]
    # Killed after its last epoch was told: that one is done again.
    assert parts[2] == [expected[0], *expected[stopped : stopped + 4]]
    assert parts[3] == [expected[0], expected[stopped], *expected[-3:]]
    parts.append([])
    np.testing.assert_array_equal(answers(fit(tmp_path, parts[-1])), same)
    assert parts[4] == [expected[0], expected[stopped], expected[-1]]
    forget(tmp_path)
    assert not tmp_path.exists()


def test_checkpoints_of_other_data_or_settings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(KilledError):
        fit(tmp_path, [], killed_at=("trees", 1))
    with pytest.raises(TrainingError, match=f"the checkpoints in {tmp_path} are of other data: "):
        fit(tmp_path, [], learning=DATA.of(("p0", "p1", "p4")))
    with pytest.raises(TrainingError, match="are of other settings: "):
        fit(tmp_path, [], config=replace(CONFIG, seed=8))


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "other"])
def test_a_damaged_checkpoint_is_named(tmp_path: Path, damage: str) -> None:
    checkpoints = Checkpoints.opened(tmp_path, ABOUT)
    checkpoints.write("cnn", Saved({"epochs": 3}, {"variables": [np.arange(100.0)]}))
    path = tmp_path / f"cnn{SUFFIX}"
    whole = path.read_bytes()
    middle = len(whole) // 2
    flipped = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
    path.write_bytes({"cut": whole[:-1], "flipped": flipped, "empty": b"", "other": b"PK\n\n"}[damage])
    with pytest.raises(TrainingError, match=f"{path} is damaged: delete it, and cnn is trained from its beginning"):
        checkpoints.read("cnn")


def test_a_folder_that_does_not_say_what_it_is_of_is_refused(tmp_path: Path) -> None:
    Checkpoints.opened(tmp_path, ABOUT)
    (tmp_path / "training.json").write_text("{")
    with pytest.raises(TrainingError, match=r"training\.json is damaged"):
        Checkpoints.opened(tmp_path, ABOUT)
    (tmp_path / "training.json").unlink()
    (tmp_path / f"cnn{SUFFIX}").write_bytes(b"")
    with pytest.raises(TrainingError, match="does not say what its checkpoints are of"):
        Checkpoints.opened(tmp_path, ABOUT)


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.training.train._about", lambda *_: ABOUT)
    with pytest.raises(KilledError):
        fit(tmp_path, [], killed_at=("fusion", 1))
    wider = replace(CONFIG, sizes=replace(CONFIG.sizes, fusion=replace(CONFIG.sizes.fusion, branch=5)))
    with pytest.raises(TrainingError, match="fusion is of a network of another shape"):
        fit(tmp_path, [], config=wider)


def test_what_is_not_a_checkpoint_stays(tmp_path: Path) -> None:
    Checkpoints.opened(tmp_path / "kept", ABOUT).write("cnn", Saved({}, {}))
    (tmp_path / "kept" / "notes.txt").touch()
    (tmp_path / "kept" / f".lstm{SUFFIX}").touch()
    forget(tmp_path / "kept")
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["notes.txt"]


def test_without_a_folder_nothing_is_kept() -> None:
    checkpoints = Checkpoints.opened(None, ABOUT)
    checkpoints.write("cnn", Saved({}, {}))
    assert checkpoints.read("cnn") is None


def test_values_come_back_to_the_bit() -> None:
    facts = {"best": 0.1 + 0.2, "none": None}
    arrays = [np.float32([np.nan, 1e-40]), np.array(7), np.array([True]), np.uint32([1, 2])]
    back = Saved.of(Saved(facts, {"one": arrays, "none": [], "two": arrays[:1]}).written())
    assert back is not None
    assert back.facts == facts
    assert list(back.groups) == ["one", "none", "two"]
    for given, found in zip(arrays, back.groups["one"], strict=True):
        assert (given.dtype, given.tobytes()) == (found.dtype, found.tobytes())
