"""Settings of a training run."""

from dataclasses import dataclass, field
from typing import Final

from models.errors import TrainingError
from models.forest import TreesConfig
from models.manifest import Calibrated, Combination
from models.members.sizes import PRESETS, MemberSizes
from models.weights import Weights


@dataclass(frozen=True)
class AnnealingConfig:
    """How the personal network is trained: AdamW, the learning rate falling to 0 along a cosine."""

    epochs: int = 20
    batch_size: int = 128
    learning_rate: float = 2e-3
    weight_decay: float = 1e-3
    label_smoothing: float = 0.1


@dataclass(frozen=True)
class TrainingConfig:
    """What is trained and how; the same settings, data and machine give the same ensemble."""

    sizes: MemberSizes = field(default_factory=MemberSizes)
    trees: TreesConfig = field(default_factory=TreesConfig)
    annealing: AnnealingConfig = field(default_factory=AnnealingConfig)
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
    epochs: int = 60
    patience: int = 8
    """Epochs without a better loss on the validation people before a member stops."""
    batch_size: int = 64
    learning_rate: float = 1e-3
    validation_share: float = 0.15
    test_share: float = 0.15
    seed: int = 7

    def __post_init__(self) -> None:
        if min(self.epochs, self.patience, self.batch_size) < 1 or self.learning_rate <= 0:
            raise TrainingError("training: epochs, patience, batch size and learning rate must be positive")
        if min(self.validation_share, self.test_share) <= 0 or self.validation_share + self.test_share >= 1:
            raise TrainingError("training: validation and test share must be positive and leave people to train on")
        if not 0 <= self.unknown_baselines < 1 or not 0 <= self.label_balance <= 1:
            raise TrainingError("training: label balance and the share of unknown baselines must be in 0..1")


TRAINING_PRESETS: Final = {
    "full": TrainingConfig(),
    "small": TrainingConfig(
        sizes=PRESETS["small"],
        trees=TreesConfig(iterations=60, learning_rate=0.1),
        epochs=12,
        patience=4,
        batch_size=128,
        learning_rate=3e-3,
        validation_share=0.2,
        test_share=0.2,
    ),
}
