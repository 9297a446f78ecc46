import doctest
import importlib
import inspect
import pkgutil
from collections.abc import Iterator

import pytest

from pipelines import signals

MODULES = [f"pipelines.signals.{module.name}" for module in pkgutil.iter_modules(signals.__path__)] + [
    "pipelines.features.compute",
    "pipelines.features.records",
    "pipelines.features.windowing",
]


def public_functions(name: str) -> Iterator[tuple[str, object]]:
    module = importlib.import_module(name)
    for key, value in vars(module).items():
        if inspect.isfunction(value) and value.__module__ == name and not key.startswith("_"):
            yield key, value


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


@pytest.mark.parametrize("name", [name for name in MODULES if "signals" in name and not name.endswith("compiled")])
def test_every_public_signal_function_has_an_example(name: str) -> None:
    without = [key for key, value in public_functions(name) if ">>>" not in (inspect.getdoc(value) or "")]
    assert without == []
