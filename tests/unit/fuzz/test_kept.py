"""Every input that once broke something, and a few thousand that never did: `make fuzz` in a few seconds."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.features.records import HEADER
from tests.fuzz.__main__ import TARGETS
from tests.fuzz.cases import kept
from tests.fuzz.rounds import Limits, Target, faults, run

SEED = 20_260_101
ROUNDS = 2_000


@pytest.fixture(scope="module", params=TARGETS)
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    with TARGETS[request.param]() as opened:
        yield opened


def test_what_once_broke_holds(target: Target) -> None:
    cases = kept(target.name)
    assert len(cases) > 5
    judged = zip(cases, faults(target, [case for _, case in cases]), strict=True)
    found = {said: fault.line for (said, _), fault in judged if fault is not None}
    assert found == {}


def test_kept_feature_records_reach_further_than_their_header() -> None:
    """Else a new schema would have made each of them the same refusal."""
    records = [value for _, (reader, messages) in kept("control") if reader == "features" for *_, value in messages]
    assert {value[: len(HEADER)] for value in records} == {HEADER, b'{"user_id"'}


def test_random_inputs_break_nothing(target: Target, tmp_path: Path) -> None:
    found = run(target, SEED, Limits(rounds=ROUNDS), tmp_path)
    assert found.rounds == ROUNDS
    assert found.lines == []
