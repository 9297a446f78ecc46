"""How each network is fitted."""

from dataclasses import dataclass, field
from typing import Final, Literal, Self, get_args

from models.core.setting_checks import need, need_choice, need_not_negative, need_positive, need_share

Loss = Literal["cross_entropy", "focal"]
Optimizer = Literal["adam", "adamw"]
Schedule = Literal["constant", "cosine", "one_cycle"]


@dataclass(frozen=True)
class Augmentation:
    """What is done to training rows anew in each epoch; 0 switches a part off."""

    noise: float = 0.0
    """Standard deviation of what is added to each value, in those of the prepared input."""
    scaling: float = 0.0
    """Standard deviation of the factor, around 1, that a signal family of a row is stretched by."""
    time_warp: float = 0.0
    """How much faster or slower than in truth time goes by within a sequence, at most; below 1."""
    mixup: float = 0.0
    """Alpha of the Beta distribution by which rows and their labels are mixed in pairs."""
    sensor_dropout: float = 0.0
    """Chance of each signal family of a row to be missing."""

    def __post_init__(self) -> None:
        need_not_negative(self, "noise", "scaling", "mixup")
        need_share(self, "time_warp", "sensor_dropout")


@dataclass(frozen=True)
class Recipe:
    """How one network is fitted. Rare labels weigh more in each loss, as `TrainingConfig.label_balance` says."""

    loss: Loss = "cross_entropy"
    gamma: float = 2.0
    """Of the focal loss: how little a row counts that is answered well."""
    label_smoothing: float = 0.0
    optimizer: Optimizer = "adam"
    weight_decay: float = 0.0
    """Needs adamw."""
    schedule: Schedule = "constant"
    warmup: float = 0.0
    """Share of all steps in which the rate of a cosine rises from 0 before it falls to 0."""
    learning_rate: float = 1e-3
    """The highest of the schedule."""
    epochs: int = 60
    batch_size: int = 64
    patience: int | None = 8
    """Epochs without a better loss on the validation people before the best ones are taken; none: a fixed time."""
    snapshots: int = 1
    """Cycles of the cosine; the mean of the networks at their ends answers. Needs cosine and a fixed time."""
    augmentation: Augmentation = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        for name, choices in (("loss", Loss), ("optimizer", Optimizer), ("schedule", Schedule)):
            need_choice(self, name, get_args(choices))
        need_positive(self, "epochs", "batch_size", "snapshots", "learning_rate")
        need(self.patience is None or self.patience >= 1, f"patience must be positive or none, got {self.patience}")
        need_not_negative(self, "gamma", "weight_decay")
        need_share(self, "label_smoothing", "warmup")
        self._need_parts_that_fit()

    def _need_parts_that_fit(self) -> None:
        need(not self.weight_decay or self.optimizer == "adamw", "weight_decay needs the optimizer adamw")
        need(not self.warmup or self.schedule == "cosine", "warmup needs the schedule cosine")
        if self.snapshots > 1:
            need(self.schedule == "cosine" and not self.warmup, "snapshots need the schedule cosine without warmup")
            need(self.patience is None, "snapshots need a fixed time: patience must be none")
            need(self.epochs % self.snapshots == 0, "epochs must be a multiple of snapshots")


STOPPED: Final = Recipe()
"""Until other people stop it."""

ANNEALED: Final = Recipe(
    label_smoothing=0.1,
    optimizer="adamw",
    weight_decay=1e-3,
    schedule="cosine",
    learning_rate=2e-3,
    epochs=20,
    batch_size=128,
    patience=None,
)
"""For a fixed time, the rate falling to 0."""


@dataclass(frozen=True)
class Recipes:
    """The recipes of all networks; field names are the members' names."""

    cnn: Recipe = STOPPED
    lstm: Recipe = STOPPED
    bilstm_attention: Recipe = STOPPED
    transformer: Recipe = STOPPED
    fusion: Recipe = STOPPED
    personal: Recipe = ANNEALED

    def __post_init__(self) -> None:
        for name in ("fusion", "personal"):
            no_time = getattr(self, name).augmentation.time_warp == 0
            need(no_time, f"{name} reads no sequence: its time_warp must be 0")

    @classmethod
    def alike(cls, recipe: Recipe, *, personal: Recipe = ANNEALED) -> Self:
        """One recipe for every network but the personal one."""
        return cls(recipe, recipe, recipe, recipe, recipe, personal)
