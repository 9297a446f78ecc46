"""Training settings as a TOML file."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from models.core.errors import TrainingError
from models.training.settings import TrainingConfig

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
