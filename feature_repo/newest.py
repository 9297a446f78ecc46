"""Which rows of a batch are worth writing: of each key, the one with the newest event time."""

from collections.abc import Hashable, Sequence


def newest_rows(keys: Sequence[Hashable], event_times: Sequence[int]) -> list[int]:
    """Index of the newest row per key, in order of the keys' first appearance; among equals the last one.

    >>> newest_rows(["a", "b", "a", "a"], [10, 5, 30, 20])
    [2, 1]
    """
    newest: dict[Hashable, int] = {}
    for row, key in enumerate(keys):
        held = newest.get(key)
        if held is None or event_times[row] >= event_times[held]:
            newest[key] = row
    return list(newest.values())
