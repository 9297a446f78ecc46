import pytest

from models.errors import TrainingError
from models.members import MEMBERS
from models.settings import TRAINING_PRESETS, TrainingConfig
from models.weights import Weights


def test_the_default_weights_are_the_documented_ones() -> None:
    weights = dict(TRAINING_PRESETS["full"].weights.items())
    assert weights == dict.fromkeys(MEMBERS, 0.0) | {"trees": 0.5, "personal": 0.4, "cnn": 0.1}
    assert tuple(weights) == MEMBERS


@pytest.mark.parametrize("wrong", [{"cnn": 0.5}, {"cnn": 1.4, "lstm": -1.3}, {"cnn": float("nan")}])
def test_weights_that_do_not_sum_to_one_are_refused(wrong: dict) -> None:
    with pytest.raises(TrainingError, match="sum to 1"):
        Weights(**wrong)


@pytest.mark.parametrize("wrong", [{"epochs": 0}, {"learning_rate": 0}, {"test_share": 0}, {"validation_share": 0.9}])
def test_settings_that_cannot_work_are_refused(wrong: dict) -> None:
    with pytest.raises(TrainingError, match="must be positive"):
        TrainingConfig(**wrong)


@pytest.mark.parametrize("wrong", [{"unknown_baselines": 1}, {"unknown_baselines": -0.1}, {"label_balance": 1.1}])
def test_shares_that_are_none_are_refused(wrong: dict) -> None:
    with pytest.raises(TrainingError, match="label balance and the share"):
        TrainingConfig(**wrong)
