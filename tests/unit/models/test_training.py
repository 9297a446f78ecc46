from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.errors import TrainingError
from models.members import MEMBERS
from models.packing import save, version
from models.training import Progress, TrainedEnsemble, train
from models.weights import Weights
from tests.unit.models.people import TINY, made_up


def test_every_epoch_of_every_member_is_told(trained: TrainedEnsemble, told: list[Progress]) -> None:
    by_member = {name: [step for step in told if step.member == name] for name in MEMBERS}
    for steps in by_member.values():
        assert [step.epoch for step in steps] == list(range(1, len(steps) + 1))
        assert all(step.of == TINY.epochs and np.isfinite([step.loss, step.validation_loss]).all() for step in steps)
    assert sum(map(len, by_member.values())) == len(told)


def test_scaling_comes_from_training_people_alone(trained: TrainedEnsemble) -> None:
    rows = made_up().of(trained.split.train).sequence[..., 0]
    assert trained.ensemble.scalings["sequence"].mean[0] == pytest.approx(np.nanmean(rows, dtype=float), rel=1e-5)


def test_channels_are_those_that_training_saw_and_weighted_members_read(trained: TrainedEnsemble) -> None:
    assert trained.channels == ("hr", "ibi", "gsr", "temp", "acc_x", "acc_y", "acc_z")


def test_shuffled_rows_train_the_same_ensemble_in_silence(
    trained: TrainedEnsemble, capfd: pytest.CaptureFixture[str]
) -> None:
    dataset = made_up()
    shuffled = dataset.rows(np.random.default_rng(9).permutation(len(dataset.label)))
    again = train(shuffled, TINY, lambda step: None)
    assert version(again, again.ensemble) == version(trained, trained.ensemble)
    assert again.report == trained.report
    assert capfd.readouterr() == ("", "")


def test_members_of_no_weight_can_be_left_out(trained: TrainedEnsemble, tmp_path: Path) -> None:
    lean = replace(trained, config=replace(TINY, keep_unweighted=False))
    manifest = save(lean, tmp_path / "lean", name="lean")
    assert [(member.name, member.weight) for member in manifest.members] == [
        ("cnn", 0.4),
        ("lstm", 0.3),
        ("transformer", 0.3),
    ]
    assert set(manifest.metrics["members"]) == set(MEMBERS)


def test_people_without_one_of_the_labels_cannot_be_trained_on() -> None:
    dataset = made_up()
    with pytest.raises(TrainingError, match="labelled exercise"):
        train(dataset.rows(dataset.label < 2), TINY, lambda step: None)


def test_fusion_alone_brings_the_channels_of_its_features(trained: TrainedEnsemble) -> None:
    fusion = replace(trained.ensemble, weights=Weights(cnn=0, lstm=0, transformer=0, fusion=1))
    assert set(fusion.channels()) == {"hr", "ibi", "hrv", "gsr", "temp"} | {
        f"{sensor}_{axis}" for sensor in ("acc", "gyro") for axis in "xyz"
    }
