"""Learning rates over the steps of a training."""

from typing import Final

import numpy as np

from models.core.keras3 import keras
from models.training.recipes import Recipe

schedules = keras.optimizers.schedules

RISE: Final = 0.45
"""Share of the steps in which the one cycle rises, and of those in which it falls again."""
LOWEST: Final = (0.1, 0.1, 0.001)
"""The rates at its start, at its end, and at the end of all steps, as parts of the highest."""


class OneCycle(schedules.LearningRateSchedule):  # type: ignore[misc, name-defined]
    """Up and down once in straight lines, then lower still (Smith and Topin 2018, arXiv:1708.07120).

    >>> rate = OneCycle(0.1, steps=100)
    >>> [round(float(rate(step)), 4) for step in (0, 45, 90, 100)]
    [0.01, 0.1, 0.01, 0.0001]
    """

    def __init__(self, highest: float, *, steps: int) -> None:
        super().__init__()
        self._highest, self._steps = highest, steps

    def __call__(self, step: keras.KerasTensor) -> keras.KerasTensor:
        ops = keras.ops
        first, last, end = (np.float32(part) for part in LOWEST)
        at = ops.cast(step, "float32") / np.float32(self._steps)
        rise, fall, rest = at / RISE, (at - RISE) / RISE, (at - 2 * RISE) / (1 - 2 * RISE)
        up, down = first + (1 - first) * rise, 1 - (1 - last) * fall
        below = last + (end - last) * ops.minimum(rest, 1.0)
        return np.float32(self._highest) * ops.where(rise < 1, up, ops.where(fall < 1, down, below))

    def get_config(self) -> dict[str, float]:
        return {"highest": self._highest, "steps": self._steps}


def learning_rate(recipe: Recipe, steps: int) -> float | keras.optimizers.schedules.LearningRateSchedule:
    """What an optimizer takes as its rate over so many steps."""
    highest = recipe.learning_rate
    if recipe.schedule == "one_cycle":
        return OneCycle(highest, steps=steps)
    if recipe.schedule == "constant":
        return highest
    if recipe.snapshots > 1:
        return schedules.CosineDecayRestarts(highest, steps // recipe.snapshots, t_mul=1.0, m_mul=1.0)
    warmup = round(recipe.warmup * steps)
    if warmup:
        return schedules.CosineDecay(0.0, steps - warmup, warmup_target=highest, warmup_steps=warmup)
    return schedules.CosineDecay(highest, steps)


def optimizer(recipe: Recipe, steps: int) -> keras.optimizers.Optimizer:
    """The optimizer of a network that is fitted in so many steps."""
    rate = learning_rate(recipe, steps)
    if recipe.optimizer == "adamw":
        return keras.optimizers.AdamW(rate, weight_decay=recipe.weight_decay)
    return keras.optimizers.Adam(rate)


def loss(recipe: Recipe) -> keras.losses.Loss:
    """The loss that is minimised; labels are weighed by the rows' weights."""
    if recipe.loss == "focal":
        return keras.losses.CategoricalFocalCrossentropy(
            alpha=1.0, gamma=recipe.gamma, label_smoothing=recipe.label_smoothing
        )
    return keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing)
