"""Settings of a training run."""

from dataclasses import dataclass, field, replace
from typing import Final, get_args

from models.core.manifest import Calibrated, Combination
from models.core.setting_checks import need, need_choice, need_not_negative, need_positive, need_share, need_sizes
from models.ensemble.weights import Weights
from models.members.forest import TreesConfig
from models.members.sizes import PRESETS, MemberSizes
from models.training.recipes import Recipe, Recipes

MOST_SEED: Final = 2**31


@dataclass(frozen=True)
class TrainingConfig:
    """What is trained and how; the same settings, data and machine give the same ensemble."""

    sizes: MemberSizes = field(default_factory=MemberSizes)
    trees: TreesConfig = field(default_factory=TreesConfig)
    recipes: Recipes = field(default_factory=Recipes)
    combination: Combination = "weighted"
    weights: Weights = field(default_factory=Weights)
    learn_weights: bool = True
    """Whether `weights` are only where learning on the validation people begins."""
    keep_unweighted: bool = True
    """Whether members of weight 0 stay in the bundle, so that every event reports them, at their cost."""
    calibration: Calibrated = "temperature"
    stated_risk: float | None = None
    """Share of wrong answers that is to be kept by abstaining; none: no answer is too unsure."""
    label_balance: float = 0.5
    """Power of a label's rarity by which its rows weigh in training: 0 all alike, 1 all labels alike."""
    unknown_baselines: float = 0.1
    """Share of training windows whose baseline is hidden."""
    validation_share: float = 0.15
    test_share: float = 0.15
    seed: int = 7

    def __post_init__(self) -> None:
        for name, choices in (("combination", Combination), ("calibration", Calibrated)):
            need_choice(self, name, get_args(choices))
        need_positive(self, "validation_share", "test_share")
        need(self.validation_share + self.test_share < 1, "validation_share and test_share must leave people to train")
        need_share(self, "unknown_baselines")
        need(0 <= self.label_balance <= 1, f"label_balance must be in 0..1, got {self.label_balance}")
        risk = self.stated_risk
        need(risk is None or 0 < risk < 1, f"stated_risk must be between 0 and 1, got {risk}")
        need(0 <= self.seed < MOST_SEED, f"seed must be in 0..{MOST_SEED - 1}, got {self.seed}")
        need_sizes(self.sizes, "sizes")
        self._need_sizes_that_fit()
        self._need_trees()

    def _need_sizes_that_fit(self) -> None:
        fusion, personal, transformer = self.sizes.fusion, self.sizes.personal, self.sizes.transformer
        need(len(fusion.fusion) == len(fusion.dropout), "sizes.fusion needs a dropout for each fusion layer")
        need(len(personal.units) == len(personal.dropout), "sizes.personal needs a dropout for each layer of units")
        need(transformer.heads <= transformer.d_model, "sizes.transformer.heads must be at most its d_model")

    def _need_trees(self) -> None:
        need_positive(self.trees, "iterations", "learning_rate", "least_leaf", "column_share")
        need_not_negative(self.trees, "l2")
        need(self.trees.leaves >= 2, f"trees.leaves must be at least 2, got {self.trees.leaves}")
        need(self.trees.column_share <= 1, f"trees.column_share must be at most 1, got {self.trees.column_share}")


TRAINING_PRESETS: Final = {
    "full": TrainingConfig(),
    "small": TrainingConfig(
        sizes=PRESETS["small"],
        trees=TreesConfig(iterations=60, learning_rate=0.1),
        recipes=Recipes.alike(Recipe(epochs=12, patience=4, batch_size=128, learning_rate=3e-3)),
        validation_share=0.2,
        test_share=0.2,
    ),
}


def is_built_in(config: TrainingConfig) -> bool:
    """Whether it is a preset, but for the seed and the stated risk."""
    return replace(config, seed=TrainingConfig.seed, stated_risk=None) in TRAINING_PRESETS.values()
