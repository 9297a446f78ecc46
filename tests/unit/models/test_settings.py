from dataclasses import replace

import pytest

from models.core.errors import TrainingError
from models.ensemble.weights import Weights
from models.members import MEMBERS
from models.members.forest import TreesConfig
from models.members.sizes import CnnSizes, FusionSizes, LstmSizes
from models.training.recipes import Augmentation, Recipe, Recipes
from models.training.settings import TRAINING_PRESETS, TrainingConfig


def test_the_default_weights_are_the_documented_ones() -> None:
    weights = dict(TRAINING_PRESETS["full"].weights.items())
    assert weights == dict.fromkeys(MEMBERS, 0.0) | {"trees": 0.5, "personal": 0.4, "cnn": 0.1}
    assert tuple(weights) == MEMBERS


@pytest.mark.parametrize("wrong", [{"cnn": 0.5}, {"cnn": 1.4, "lstm": -1.3}, {"cnn": float("nan")}])
def test_weights_that_do_not_sum_to_one_are_refused(wrong: dict) -> None:
    with pytest.raises(TrainingError, match="sum to 1"):
        Weights(**wrong)


def test_the_older_networks_are_stopped_and_the_personal_one_is_annealed() -> None:
    recipes = vars(TRAINING_PRESETS["full"].recipes)
    assert list(recipes) == list(vars(TRAINING_PRESETS["full"].sizes))
    personal = recipes.pop("personal")
    assert set(recipes.values()) == {Recipe(optimizer="adam", learning_rate=1e-3, epochs=60, patience=8)}
    assert (personal.optimizer, personal.schedule, personal.label_smoothing) == ("adamw", "cosine", 0.1)
    assert personal.patience is None


FIT = TRAINING_PRESETS["full"].sizes


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"test_share": 0}, "test_share must be positive"),
        ({"validation_share": 0.9}, "must leave people to train"),
        ({"unknown_baselines": 1}, "unknown_baselines must be in 0..1"),
        ({"unknown_baselines": -0.1}, "unknown_baselines must be in 0..1"),
        ({"label_balance": 1.1}, "label_balance must be in 0..1"),
        ({"stated_risk": 0}, "stated_risk must be between"),
        ({"stated_risk": float("nan")}, "stated_risk must be between"),
        ({"seed": -1}, "seed must be in"),
        ({"calibration": "platt"}, "calibration must be one of temperature, isotonic, got platt"),
        ({"combination": "mean"}, "combination must be one of weighted, voting, stacking"),
        ({"trees": TreesConfig(leaves=1)}, "trees.leaves must be at least 2"),
        ({"trees": TreesConfig(iterations=0)}, "iterations must be positive"),
        ({"trees": TreesConfig(column_share=2)}, "column_share must be at most 1"),
        ({"sizes": replace(FIT, cnn=CnnSizes(filters=(8, 0)))}, "sizes.cnn.filters must be positive, got 0"),
        ({"sizes": replace(FIT, cnn=CnnSizes(dropout=1.0))}, "sizes.cnn.dropout must be in 0..1"),
        ({"sizes": replace(FIT, lstm=LstmSizes(units=()))}, "sizes.lstm.units must hold at least one"),
        ({"sizes": replace(FIT, fusion=FusionSizes(dropout=(0.1,)))}, "a dropout for each fusion layer"),
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict, said: str) -> None:
    with pytest.raises(TrainingError, match=said):
        TrainingConfig(**wrong)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"epochs": 0}, "epochs must be positive"),
        ({"patience": 0}, "patience must be positive or none"),
        ({"learning_rate": float("inf")}, "learning_rate must be positive"),
        ({"gamma": -1}, "gamma must not be negative"),
        ({"label_smoothing": 1}, "label_smoothing must be in 0..1"),
        ({"loss": "hinge"}, "loss must be one of cross_entropy, focal, got hinge"),
        ({"weight_decay": 0.1}, "weight_decay needs the optimizer adamw"),
        ({"warmup": 0.1}, "warmup needs the schedule cosine"),
        ({"snapshots": 2, "patience": None}, "snapshots need the schedule cosine"),
        ({"snapshots": 2, "schedule": "cosine"}, "snapshots need a fixed time"),
        ({"snapshots": 7, "schedule": "cosine", "patience": None}, "epochs must be a multiple"),
    ],
)
def test_recipes_that_cannot_work_are_refused(wrong: dict, said: str) -> None:
    with pytest.raises(TrainingError, match=said):
        Recipe(**wrong)


@pytest.mark.parametrize("wrong", [{"noise": -0.1}, {"mixup": float("nan")}, {"sensor_dropout": 1}, {"time_warp": 1}])
def test_augmentation_that_cannot_work_is_refused(wrong: dict) -> None:
    with pytest.raises(TrainingError, match=f"{next(iter(wrong))} must"):
        Augmentation(**wrong)


def test_time_is_only_warped_where_there_is_time() -> None:
    warping = Recipe(augmentation=Augmentation(time_warp=0.2))
    assert Recipes(cnn=warping).cnn == warping
    with pytest.raises(TrainingError, match="fusion reads no sequence"):
        Recipes(fusion=warping)
