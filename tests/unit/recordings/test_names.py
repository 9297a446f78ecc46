"""Names of sessions: distinct, stable, as short as can be."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.core.errors import InputError
from pipelines.recordings.names import Place, check_user_id, place_names

FOLDERS = st.sampled_from(["S1", "S2", "Final", "a"])
PLACES = st.lists(FOLDERS, min_size=1, max_size=4).map(tuple)


@pytest.mark.parametrize(
    ("places", "names"),
    [
        ([("d", "S1"), ("d", "S2")], ["S1", "S2"]),
        ([("d", "S1", "Final"), ("d", "S2", "Final")], ["S1/Final", "S2/Final"]),
        ([("x", "S1", "Final"), ("y", "S1", "Final")], ["x/S1/Final", "y/S1/Final"]),
        ([("x", "S1", "Final"), ("y", "S1", "Final"), ("S2", "Final")], ["x/S1/Final", "y/S1/Final", "S2/Final"]),
        ([("Final",), ("S1", "Final")], ["Final", "S1/Final"]),
        ([("d", "S1", "Final"), ("d", "S1", "Final")], ["Final", "Final"]),
        ([("d", "S1", "Final"), ("d", "S1", "final")], ["Final", "final"]),
        ([("d", "Zoe\u0308")], ["Zo\u00eb"]),
        ([("d", "Zoe\u0308", "x"), ("d", "Zo\u00eb", "x")], ["x", "x"]),
    ],
)
def test_names(places: list[Place], names: list[str]) -> None:
    assert place_names(places) == names


@given(st.lists(PLACES, unique=True, max_size=8), st.data())
def test_different_places_have_different_names_that_end_their_paths_whatever_the_order(
    places: list[Place], data: st.DataObject
) -> None:
    names = dict(zip(places, place_names(places), strict=True))
    assert len(set(names.values())) == len(places)
    assert all(("/".join(place)).endswith(name) for place, name in names.items())
    mixed = data.draw(st.permutations(places))
    assert dict(zip(mixed, place_names(mixed), strict=True)) == names


@given(st.lists(PLACES, unique=True, max_size=8))
def test_places_that_are_called_otherwise_change_no_name(places: list[Place]) -> None:
    names = dict(zip(places, place_names(places), strict=True))
    mine = [place for place in places if place[-1] == "Final"]
    assert place_names(mine) == [names[place] for place in mine]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "the name '' has 0 characters"),
        ("a" * 129, "'a{40}'… has 129 characters, where a user id has 128 at most; rename the folder, or list it in"),
        ("S\udce9", r"the name 'S\\udce9' holds a character that no user id may have; rename"),
        ("S\n1", r"the name 'S\\n1' holds a character"),
        ("\x1b[31m", r"the name '\\x1b\[31m' holds a character"),
        ("S\u2028", r"the name 'S\\u2028' holds a character"),
    ],
)
def test_a_folders_name_that_is_no_user_id_is_refused(name: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem) as error:
        check_user_id(name, Path("data", name))
    assert str(error.value).isprintable()


@pytest.mark.parametrize("name", ["a" * 128, "S1/Final", "Zoë", "S 1"])
def test_any_other_name_is_a_user_id(name: str) -> None:
    check_user_id(name, Path("where"))
