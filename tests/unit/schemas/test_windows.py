"""Where users' windows end: the phase that two languages must find alike, and how evenly it spreads them."""

from collections import Counter
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import fingerprint
from schemas.windows import HOP_MS, PHASES, user_phase_ms, window_ends_ms
from tests import naive

KNOWN: Final = Path(__file__).parents[2] / "data" / "phases.tsv"
"""PhasesTest.java reads the same file."""

COUNTS: Final = (20, 8, 5_000)


def test_users_have_the_phases_that_java_gives_them() -> None:
    lines = [line.split("\t") for line in KNOWN.read_text(encoding="utf-8").split("\n")[1:-1]]
    assert len(lines) > 20
    for *phases, user in lines:
        assert [user_phase_ms(user, count) for count in COUNTS] == list(map(int, phases)), user


def test_the_file_has_letters_of_one_to_four_bytes() -> None:
    text = KNOWN.read_text(encoding="utf-8")
    assert {len(letter.encode()) for letter in text} == {1, 2, 3, 4}


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=40), st.sampled_from([1, 2, 8, 20, 5_000]))
def test_a_phase_is_the_checksum_of_the_id_in_equal_parts_of_the_hop(user: str, phases: int) -> None:
    found = user_phase_ms(user, phases)
    assert found == naive.phase(user, phases)
    assert found % (HOP_MS // phases) == 0
    assert 0 <= found < HOP_MS


@pytest.mark.parametrize("pattern", ["user-{:04d}", "{}", "sim-{:03d}", "{:032x}", "{}@example.org"])
def test_phases_share_users_evenly(pattern: str) -> None:
    found = Counter(user_phase_ms(pattern.format(number), PHASES) for number in range(10_000))
    assert sorted(found) == list(range(0, HOP_MS, 250))
    assert all(400 <= users <= 600 for users in found.values())


@given(st.text(max_size=9), st.integers(-(10**13), 10**13))
def test_one_phase_is_the_grid_of_multiples_of_the_hop(user: str, timestamp_ms: int) -> None:
    user = user.encode("utf-8", "replace").decode()
    ends = list(window_ends_ms(timestamp_ms, user_phase_ms(user, 1)))
    first = timestamp_ms - timestamp_ms % 5_000 + 5_000
    assert ends == [first + 5_000 * number for number in range(12)]


def test_a_model_depends_on_how_phases_are_found_and_not_on_how_many_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = fingerprint.schema_hash()
    monkeypatch.setattr("schemas.windows.PHASES", 10)
    assert fingerprint.schema_hash() == before
    monkeypatch.setattr(fingerprint, "PHASE_SCHEME", "the day of birth")
    assert fingerprint.schema_hash() != before
