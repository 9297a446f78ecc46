"""What every setting is checked with."""

import math
from dataclasses import fields, is_dataclass

from models.core.errors import TrainingError


def need(fits: bool, what: str) -> None:
    """Raises TrainingError, saying what is needed, unless it fits."""
    if not fits:
        raise TrainingError(f"training: {what}")


def need_choice(settings: object, name: str, known: tuple[str, ...]) -> None:
    """This field must be one of the known words."""
    value = getattr(settings, name)
    need(value in known, f"{name} must be one of {', '.join(known)}, got {value}")


def need_not_negative(settings: object, *names: str) -> None:
    """Each of these fields must be a number and at least 0."""
    for name in names:
        value = getattr(settings, name)
        need(math.isfinite(value) and value >= 0, f"{name} must not be negative, got {value}")


def need_positive(settings: object, *names: str) -> None:
    """Each of these fields must be a number above 0."""
    for name in names:
        value = getattr(settings, name)
        need(math.isfinite(value) and value > 0, f"{name} must be positive, got {value}")


def need_share(settings: object, *names: str) -> None:
    """Each of these fields must be at least 0 and below 1."""
    for name in names:
        value = getattr(settings, name)
        need(0 <= value < 1, f"{name} must be in 0..1 and below 1, got {value}")


def need_sizes(sizes: object, path: str) -> None:
    """Whole numbers of a dataclass, and of those within it, must be positive, all others shares; no row is empty."""
    for field in fields(sizes):  # type: ignore[arg-type]
        value = getattr(sizes, field.name)
        if is_dataclass(value):
            need_sizes(value, f"{path}.{field.name}")
        else:
            _need_numbers(value if isinstance(value, tuple) else (value,), f"{path}.{field.name}")


def _need_numbers(numbers: tuple[float, ...], path: str) -> None:
    need(bool(numbers), f"{path} must hold at least one number")
    for number in numbers:
        if isinstance(number, int):
            need(number >= 1, f"{path} must be positive, got {number}")
        else:
            need(0 <= number < 1, f"{path} must be in 0..1 and below 1, got {number}")
