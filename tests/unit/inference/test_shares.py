"""Shares of users."""

from hypothesis import given
from hypothesis import strategies as st

from pipelines.inference.active_models import has, place

USERS = [f"user-{number}" for number in range(10_000)]
IDS, SHARES = st.text(min_size=1, max_size=20), st.floats(0, 1)


@given(IDS, IDS, SHARES, SHARES)
def test_whoever_is_in_a_share_is_in_every_larger_one(user: str, version: str, one: float, other: float) -> None:
    assert has(user, version, max(one, other)) >= has(user, version, min(one, other))
    assert has(user, version, 1.0)
    assert not has(user, version, 0.0)


def test_places_are_even_and_differ_between_versions() -> None:
    for share in (0.01, 0.1, 0.5):
        count = sum(has(user, "0123456789ab", share) for user in USERS)
        assert abs(count / len(USERS) - share) < 0.015
    both = sum(has(user, "1", 0.5) and has(user, "2", 0.5) for user in USERS)
    assert abs(both / len(USERS) - 0.25) < 0.015


def test_places_stay_what_they_are_in_every_process() -> None:
    assert [round(place(user, "0123456789ab"), 6) for user in ("ann", "bob", "ü")] == [0.869637, 0.137014, 0.82237]
