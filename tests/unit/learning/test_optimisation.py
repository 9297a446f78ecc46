import numpy as np
import pytest

from models.training.network_fitting import OneCycle, learning_rate, loss, optimizer
from models.training.recipes import ANNEALED, Recipe

STEPS = 200
RIGHT = np.float32([[1, 0, 0], [0, 1, 0]])
SURE = np.float32([[0.9, 0.05, 0.05], [0.3, 0.6, 0.1]])


def rates(recipe: Recipe) -> np.ndarray:
    schedule = learning_rate(recipe, STEPS)
    return np.array([float(schedule(step)) for step in range(STEPS)])  # type: ignore[operator]


def test_a_constant_rate_is_a_number() -> None:
    assert learning_rate(Recipe(learning_rate=0.3), STEPS) == 0.3


def test_a_cosine_falls_to_nothing_and_warms_up_before_if_told() -> None:
    falling = rates(Recipe(schedule="cosine", learning_rate=0.3))
    assert falling[0] == pytest.approx(0.3)
    assert (np.diff(falling) < 0).all()
    assert falling[-1] < 1e-4
    warm = rates(Recipe(schedule="cosine", learning_rate=0.3, warmup=0.1))
    assert warm[0] == 0
    assert warm.argmax() == 20
    assert warm.max() == pytest.approx(0.3)
    assert (np.diff(warm[20:]) < 0).all()
    assert warm[-1] < 1e-4


def test_snapshots_are_taken_where_the_rate_is_lowest_before_it_leaps_up() -> None:
    cycles = rates(Recipe(schedule="cosine", learning_rate=0.3, patience=None, snapshots=5))
    np.testing.assert_allclose(cycles.reshape(5, 40), cycles[:40][None].repeat(5, axis=0), rtol=1e-3, atol=1e-6)
    assert (np.diff(cycles[:40]) < 0).all()
    assert cycles[39] < 0.01 * cycles[40]


def test_one_cycle_goes_up_and_down_and_lower_still() -> None:
    cycle = rates(Recipe(schedule="one_cycle", learning_rate=0.3))
    assert cycle.argmax() == 0.45 * STEPS
    assert (np.diff(cycle[:91]) > 0).all()
    assert (np.diff(cycle[90:]) < 0).all()
    assert cycle[0] == pytest.approx(0.03)
    assert cycle[180] == pytest.approx(0.03)
    assert cycle[-1] < 0.01
    assert float(OneCycle(0.3, steps=STEPS)(STEPS + 50)) == pytest.approx(0.0003, rel=1e-5)


def test_focal_loss_is_the_cross_entropy_of_what_is_not_answered_well() -> None:
    """Lin et al. 2017, arXiv:1708.02002: (1 - p)^gamma times the cross-entropy."""
    likely = np.float64([0.9, 0.6])
    found = float(loss(Recipe(loss="focal", gamma=2.0))(RIGHT, SURE))
    assert found == pytest.approx(np.mean((1 - likely) ** 2 * -np.log(likely)), rel=1e-4)
    assert float(loss(Recipe(loss="focal", gamma=0.0))(RIGHT, SURE)) == pytest.approx(
        float(loss(Recipe())(RIGHT, SURE)), rel=1e-4
    )


@pytest.mark.parametrize("kind", ["cross_entropy", "focal"])
def test_both_losses_smooth_labels_and_weigh_rows(kind: str) -> None:
    recipe = Recipe(loss=kind, label_smoothing=0.3)  # type: ignore[arg-type]
    smooth = RIGHT * 0.7 + 0.1
    plain = loss(Recipe(loss=kind))  # type: ignore[arg-type]
    assert float(loss(recipe)(RIGHT, SURE)) == pytest.approx(float(plain(smooth, SURE)), rel=1e-5)
    weighed = float(plain(RIGHT, SURE, sample_weight=np.float32([0, 2])))
    assert weighed == pytest.approx(float(plain(RIGHT[1:], SURE[1:])), rel=1e-5)


def test_the_optimizer_is_the_recipe_s() -> None:
    annealed = optimizer(ANNEALED, STEPS)
    assert type(annealed).__name__ == "AdamW"
    assert annealed.weight_decay == ANNEALED.weight_decay
    assert type(optimizer(Recipe(), STEPS)).__name__ == "Adam"
