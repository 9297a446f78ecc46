"""Feast, imported in half the time."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def without_compiled_checks() -> Iterator[None]:
    """Feast is imported without its run-time checks of types, whose compilation takes as long as the rest.

    What is imported already stays as it is; the decorator is back at the end.
    """
    if "feast" in sys.modules:
        yield
        return
    import typeguard

    checked = typeguard.typechecked
    typeguard.typechecked = _unchecked
    try:
        yield
    finally:
        typeguard.typechecked = checked


def _unchecked(target: Any = None, **_: object) -> Any:  # noqa: ANN401
    return target if target is not None else _unchecked
