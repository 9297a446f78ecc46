"""What a search may choose: settings by their dotted names, and their ranges."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from models.training.settings import TrainingConfig


class Chooser(Protocol):
    """What Optuna's trial is asked for."""

    def suggest_int(self, name: str, low: int, high: int, *, log: bool) -> int: ...

    def suggest_float(self, name: str, low: float, high: float, *, log: bool) -> float: ...


@dataclass(frozen=True)
class Range:
    """Both ends belong to it; whole numbers stay whole."""

    low: float
    high: float
    log: bool = False

    def chosen(self, chooser: Chooser, name: str) -> float:
        if isinstance(self.low, int) and isinstance(self.high, int):
            return chooser.suggest_int(name, self.low, self.high, log=self.log)
        return chooser.suggest_float(name, self.low, self.high, log=self.log)


SPACE: Final = {
    "label_balance": Range(0.0, 1.0),
    "trees.iterations": Range(40, 400, log=True),
    "trees.learning_rate": Range(0.01, 0.3, log=True),
    "trees.leaves": Range(3, 31, log=True),
    "trees.least_leaf": Range(5, 100, log=True),
    "trees.l2": Range(0.1, 50.0, log=True),
    "trees.column_share": Range(0.1, 1.0),
    "sizes.personal.noise": Range(0.0, 0.5),
    "sizes.personal.input_dropout": Range(0.0, 0.5),
    "sizes.personal.dropout.0": Range(0.0, 0.7),
    "sizes.personal.dropout.1": Range(0.0, 0.7),
    "sizes.personal.l2": Range(1e-5, 1e-1, log=True),
    "recipes.personal.epochs": Range(5, 40),
    "recipes.personal.learning_rate": Range(3e-4, 1e-2, log=True),
    "recipes.personal.weight_decay": Range(1e-5, 1e-1, log=True),
    "recipes.personal.label_smoothing": Range(0.0, 0.3),
    "recipes.personal.augmentation.scaling": Range(0.0, 0.3),
    "recipes.personal.augmentation.mixup": Range(0.0, 0.5),
    "recipes.personal.augmentation.sensor_dropout": Range(0.0, 0.3),
}


def chosen(chooser: Chooser, base: TrainingConfig) -> TrainingConfig:
    """The base with every setting of the space chosen."""
    return changed(base, {name: each.chosen(chooser, name) for name, each in SPACE.items()})


def point_of(config: TrainingConfig) -> dict[str, float]:
    """Where settings lie in the space."""
    return {name: _at(config, name.split(".")) for name in SPACE}


def changed(config: TrainingConfig, values: Mapping[str, float]) -> TrainingConfig:
    """The settings with those named in their place; a number in a name is a place in a tuple.

    >>> changed(TrainingConfig(), {"sizes.personal.dropout.1": 0.3}).sizes.personal.dropout
    (0.5, 0.3)
    """
    for name, value in values.items():
        config = _with(config, name.split("."), value)
    return config


def _at(settings: Any, path: Sequence[str]) -> float:  # noqa: ANN401
    for part in path:
        settings = settings[int(part)] if isinstance(settings, tuple) else getattr(settings, part)
    return float(settings) if isinstance(settings, float) else int(settings)


def _with(settings: Any, path: Sequence[str], value: float) -> Any:  # noqa: ANN401
    part, *rest = path
    if isinstance(settings, tuple):
        place = int(part)
        inner = _with(settings[place], rest, value) if rest else value
        return (*settings[:place], inner, *settings[place + 1 :])
    return replace(settings, **{part: _with(getattr(settings, part), rest, value) if rest else value})
