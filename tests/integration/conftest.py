"""One stack, one bundle and one undisturbed run for the whole session; and a broker alone, which tests may kill."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipelines.core.settings import Settings
from tests.shared_stack import bundle, stack

if TYPE_CHECKING:
    from tests.integration.lone_broker import LoneBroker
    from tests.integration.undisturbed import Undisturbed

__all__ = ["bundle", "stack"]


@pytest.fixture(scope="session")
def undisturbed(stack: Settings, bundle: Path) -> "Undisturbed":
    """Imported here, when pytest already knows which warnings of Kafka's client to overlook."""
    from tests.integration.undisturbed import run

    return run(stack, bundle)


@pytest.fixture(scope="session")
def lone_broker(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[LoneBroker]":
    from tests.integration.lone_broker import LoneBroker

    broker = LoneBroker.at(tmp_path_factory.mktemp("broker") / "home")
    try:
        broker.start()
        yield broker
    finally:
        broker.end()
