from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.core.errors import TrainingError
from models.training.recipes import Augmentation, Recipe
from models.training.settings import TRAINING_PRESETS, TrainingConfig, read, written

FULL, SMALL = TRAINING_PRESETS["full"], TRAINING_PRESETS["small"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "training.toml"


def test_a_file_changes_what_it_names_and_nothing_else(file: Path) -> None:
    file.write_text('seed = 3\nstated_risk = 0.2\n[recipes.cnn]\npatience = "none"\n[sizes.cnn]\nfilters = [8, 8]\n')
    expected = replace(
        SMALL,
        seed=3,
        stated_risk=0.2,
        recipes=replace(SMALL.recipes, cnn=replace(SMALL.recipes.cnn, patience=None)),
        sizes=replace(SMALL.sizes, cnn=replace(SMALL.sizes.cnn, filters=(8, 8))),
    )
    assert read(file, SMALL) == expected


@pytest.mark.parametrize("base", [FULL, SMALL], ids=["full", "small"])
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**31 - 1),
    risk=st.none() | st.floats(0.01, 0.99),
    recipe=st.builds(
        Recipe,
        loss=st.sampled_from(["cross_entropy", "focal"]),
        schedule=st.sampled_from(["constant", "cosine", "one_cycle"]),
        learning_rate=st.floats(1e-7, 1),
        patience=st.none() | st.integers(1, 100),
        augmentation=st.builds(Augmentation, noise=st.floats(0, 3), sensor_dropout=st.floats(0, 0.9)),
    ),
    filters=st.lists(st.integers(1, 512), min_size=1).map(tuple),
)
def test_what_is_written_reads_as_the_same_settings(
    base: TrainingConfig, file: Path, seed: int, risk: float | None, recipe: Recipe, filters: tuple[int, ...]
) -> None:
    config = replace(
        base,
        seed=seed,
        stated_risk=risk,
        recipes=replace(base.recipes, lstm=recipe),
        sizes=replace(base.sizes, cnn=replace(base.sizes.cnn, filters=filters)),
    )
    for start in (FULL, SMALL):
        file.write_text(written(config, start))
        assert read(file, start) == config


def test_the_same_settings_need_no_words() -> None:
    assert written(SMALL, SMALL) == ""


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("sed = 1", "sed is no setting; did you mean seed?"),
        ("[recipes.cnn]\nepoch = 3", "recipes.cnn.epoch is no setting; did you mean epochs?"),
        ("recipes = 3", "recipes must be a table"),
        ("[seed]\na = 1", "seed must have a value"),
        ("[recipes.cnn]\nepochs = 0", "recipes.cnn: epochs must be positive, got 0"),
        ("[recipes.personal.augmentation]\ntime_warp = 0.1", "recipes: personal reads no sequence"),
        ('seed = "3"', "seed: Input should be a valid integer, got '3'"),
        ("seed = 2026-01-01", "seed: Input should be a valid integer"),
        ('[recipes.cnn]\nloss = "focl"', "recipes.cnn.loss: Input should be 'cross_entropy' or 'focal', got 'focl'"),
        ("[sizes.cnn]\nfilters = [1.5]", "sizes.cnn.filters.0: Input should be a valid integer"),
        ("[weights]\ncnn = 0.9", "must each be in 0..1 and sum to 1"),
        ("seed = ", "is not TOML"),
    ],
)
def test_a_file_that_cannot_be_is_refused_with_the_key_s_path(file: Path, wrong: str, said: str) -> None:
    file.write_text(wrong)
    with pytest.raises(TrainingError) as refused:
        read(file, FULL)
    assert str(refused.value).startswith(str(file))
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_named(file: Path) -> None:
    with pytest.raises(TrainingError, match=r"training\.toml cannot be read"):
        read(file, FULL)
