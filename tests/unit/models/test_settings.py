import pytest

from models.errors import TrainingError
from models.settings import TRAINING_PRESETS, TrainingConfig
from models.weights import Weights


def test_the_default_weights_are_the_documented_ones() -> None:
    weights = {"cnn": 0.4, "lstm": 0.3, "bilstm_attention": 0.0, "transformer": 0.3, "fusion": 0.0}
    assert dict(TRAINING_PRESETS["full"].weights.items()) == weights


@pytest.mark.parametrize("wrong", [{"cnn": 0.5}, {"cnn": 1.4, "lstm": -0.7}, {"cnn": float("nan")}])
def test_weights_that_do_not_sum_to_one_are_refused(wrong: dict) -> None:
    with pytest.raises(TrainingError, match="sum to 1"):
        Weights(**wrong)


@pytest.mark.parametrize("wrong", [{"epochs": 0}, {"learning_rate": 0}, {"test_share": 0}, {"validation_share": 0.9}])
def test_settings_that_cannot_work_are_refused(wrong: dict) -> None:
    with pytest.raises(TrainingError, match="must be positive"):
        TrainingConfig(**wrong)
