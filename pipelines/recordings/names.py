"""Names for sessions that no labels.csv names: the folder's, or as much of its path as tells it from the others."""

import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from pipelines.core.errors import InputError
from pipelines.core.foreign_text import id_fault, shown

Place = tuple[str, ...]
"""The names of the folders that lead to a session, its own last."""


def place_names(places: Sequence[Place]) -> list[str]:
    """A name for each place: its last folder's, where no other place has that.

    Places whose last folders are called alike are named by as many folders more as tell all of these apart, joined by
    a slash. So a name depends on the paths alone: not on the order, nor on places that are called otherwise. A place
    that is given twice has one name. Unicode is in its composed form (NFC), whatever the file system keeps.

    >>> place_names([("data", "S1", "Final"), ("data", "S2", "Final"), ("data", "S2", "pilot")])
    ['S1/Final', 'S2/Final', 'pilot']
    """
    alike_written = [tuple(map(composed, place)) for place in places]
    alike: dict[str, set[Place]] = defaultdict(set)
    for place in alike_written:
        alike[place[-1]].add(place)
    depth = {last: _telling(group) for last, group in alike.items()}
    return ["/".join(place[-depth[place[-1]] :]) for place in alike_written]


def composed(name: str) -> str:
    """A name in the one form in which names are compared, whatever the file system keeps.

    >>> composed("Zoe\\u0308") == "Zo\\u00eb"
    True
    """
    return unicodedata.normalize("NFC", name)


def _telling(places: set[Place]) -> int:
    """How many names, from the last, tell different places apart."""
    longest = max(len(place) for place in places)
    return next(depth for depth in range(1, longest + 1) if len({place[-depth:] for place in places}) == len(places))


def check_user_id(name: str, where: Path) -> None:
    """Raises InputError where a session's name cannot be a user id.

    >>> check_user_id("S1/Final", Path("data/S1/Final"))
    """
    if fault := id_fault(name):
        raise InputError(f"{where}: the name {shown(name)} {fault}; rename the folder, or list it in labels.csv")
