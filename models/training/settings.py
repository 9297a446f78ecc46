"""Settings of a training run, in code and as a TOML file."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import TypeAdapter, ValidationError

from models.core.errors import TrainingError
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
    keep_unweighted: bool = False
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


NONE: Final = "none"
"""How the file says that a setting has no value: TOML has no word for it."""


def read(path: Path, base: TrainingConfig) -> TrainingConfig:
    """The settings of `base` with those of the file in their place; keys are the fields' names, tables nest as they do.

    Raises TrainingError, with the file and the key's whole path, for keys that there are not and values that cannot be.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise TrainingError(f"{path} cannot be read: {fault.strerror}") from fault
    except ValueError as fault:
        raise TrainingError(f"{path} is not TOML: {fault}") from fault
    merged = _merged(given, base, f"{path}: ")
    try:
        return TypeAdapter(TrainingConfig).validate_json(json.dumps(merged, default=str), strict=True)
    except ValidationError as faults:
        raise TrainingError(f"{path}: {_first(faults)}") from faults


def written(config: TrainingConfig, base: TrainingConfig) -> str:
    """What a file must say for `read` to make `config` of `base`; empty where they are the same.

    >>> from dataclasses import replace
    >>> written(replace(TrainingConfig(), seed=1), TrainingConfig())
    'seed = 1\\n'
    """
    return "\n".join(_tables(config, base, ()))


def _tables(config: object, base: object, path: tuple[str, ...]) -> Iterator[str]:
    """A table's own lines as one text, then its tables; keys of a table must come before tables within it."""
    differing = [
        (field.name, getattr(config, field.name), getattr(base, field.name))
        for field in fields(config)  # type: ignore[arg-type]
        if getattr(config, field.name) != getattr(base, field.name)
    ]
    lines = [f"{name} = {_value(value)}\n" for name, value, _ in differing if not is_dataclass(value)]
    if lines:
        yield "".join([f"[{'.'.join(path)}]\n" if path else "", *lines])
    for name, value, other in differing:
        if is_dataclass(value):
            yield from _tables(value, other, (*path, name))


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    return repr(value) if isinstance(value, float) else json.dumps(NONE if value is None else value)


def _merged(given: Mapping[str, Any], base: object, path: str) -> dict[str, Any]:
    merged: dict[str, Any] = asdict(base)  # type: ignore[call-overload]
    for key, value in given.items():
        if key not in merged:
            raise TrainingError(f"{path}{key} is no setting{_nearest(key, merged)}")
        inner = getattr(base, key)
        if is_dataclass(inner) != isinstance(value, dict):
            raise TrainingError(f"{path}{key} must {'be a table' if is_dataclass(inner) else 'have a value, no table'}")
        merged[key] = _merged(value, inner, f"{path}{key}.") if is_dataclass(inner) else _given(value)
    return merged


def _given(value: object) -> object:
    return None if value == NONE else value


def _nearest(key: str, known: Mapping[str, object]) -> str:
    near = get_close_matches(key, known, n=1, cutoff=0.0)
    return f"; did you mean {near[0]}?" if near else ""


def _first(faults: ValidationError) -> str:
    """The first fault: where, and what is wrong with it."""
    fault = faults.errors()[0]
    where = ".".join(str(part) for part in fault["loc"])
    cause = fault.get("ctx", {}).get("error")
    what = (
        str(cause).removeprefix("training: ")
        if isinstance(cause, TrainingError)
        else f"{fault['msg']}, got {fault['input']!r}"
    )
    return f"{where}: {what}" if where else what
