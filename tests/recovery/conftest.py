"""A stack of its own for the recovery suite, and what an undisturbed run gives."""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.core.settings import Settings
from pipelines.sources.recording import Recording
from pipelines.stack import processes
from pipelines.stack.stack import up
from tests.integration.ports import separate_settings
from tests.recovery.outcome import Outcome
from tests.recovery.people import people as chosen
from tests.recovery.stage import SHAPES
from tests.recovery.stage import undisturbed as run
from tests.recovery.struck import Struck, report
from tests.shared_stack import bundle

__all__ = ["bundle"]

KILLS = 30
MINUTES = 50
"""Of each person: at the speed of the replay, a quarter of an hour of strikes, or the next round begins."""

GIVEN = {name: os.environ.pop(f"EQM_RECOVERY_{name}", None) for name in ("SEED", "KILLS", "MINUTES", "SHAPE")}
"""Taken out of the environment: `eqm` refuses what is no setting of its own."""


@pytest.fixture(scope="session")
def seed() -> int:
    """EQM_RECOVERY_SEED, or another one each time."""
    return int(GIVEN["SEED"] or random.randrange(1_000_000))


@pytest.fixture(scope="session")
def kills() -> int:
    """EQM_RECOVERY_KILLS: how many with exactly-once delivery."""
    return int(GIVEN["KILLS"] or KILLS)


@pytest.fixture(scope="session")
def kinds() -> tuple[str, ...]:
    """EQM_RECOVERY_SHAPE: whether `one` job does all, or `two` share the work."""
    return SHAPES[GIVEN["SHAPE"] or "one"]


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    home = tmp_path_factory.mktemp("eqm") / "home"
    found = separate_settings(home, task_slots=8, idle_ms=5000)
    try:
        up(found)
        yield found
    finally:
        processes.end(processes.owned(found.home), grace_s=20)


@pytest.fixture(scope="session")
def people() -> list[Recording]:
    return chosen(4, minutes=float(GIVEN["MINUTES"] or MINUTES))


@pytest.fixture(scope="session")
def undisturbed(settings: Settings, bundle: Path, people: list[Recording]) -> Outcome:
    return run(settings, bundle, people)


@pytest.fixture(scope="session")
def struck(seed: int) -> Iterator[list[Struck]]:
    """Filled by the tests, told at the end."""
    found: list[Struck] = []
    yield found
    report(seed, found)
