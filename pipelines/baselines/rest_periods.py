"""When people rested, by their labels: the periods of an enrolment of many."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from pipelines.baselines.enrolment import Period, Periods
from pipelines.core.errors import InputError
from pipelines.labels.csv_files import read_labels_csv, recorded_label, recording_rows
from pipelines.labels.window_labels import contested, merged
from schemas.records import Label


def resting_by_state(file: Path, state: str) -> dict[str, Periods]:
    """Everybody's periods with that label; nobody is missing. Raises InputError where none has it."""
    labels = read_labels_csv(file)
    known = {label.label for mine in labels.values() for label in mine}
    if state not in known:
        raise InputError(f"{file}: no interval has the state {state}; give --state one of {', '.join(sorted(known))}")
    return {user: periods(mine, [each for each in mine if each.label == state]) for user, mine in labels.items()}


def resting_by_block(file: Path, text: str) -> dict[str, Periods]:
    """Everybody's periods in blocks with the text in their names; the file has the recordings' layout.

    Nobody is missing. Raises InputError where no block has it.
    """
    rows = recording_rows(file)
    blocks = [(row.get("block") or "", recorded_label(file, line, row)) for line, row in rows]
    known = sorted({name for name, _ in blocks} - {""})
    if not known:
        raise InputError(f"{file}, line 1: no column block with names in it; name the blocks, or give --state")
    if not any(text in name for name in known):
        raise InputError(f"{file}: no block has {text} in its name; give --block a part of {', '.join(known)}")
    users = dict.fromkeys(label.user_id for _, label in blocks)
    return {user: periods(*_of_user(blocks, user, text)) for user in users}


def _of_user(blocks: Iterable[tuple[str, Label]], user: str, text: str) -> tuple[list[Label], list[Label]]:
    """All labels of the user, and those in blocks with the text."""
    mine = [(name, label) for name, label in blocks if label.user_id == user]
    return [label for _, label in mine], [label for name, label in mine if text in name]


def periods(labels: Sequence[Label], chosen: Sequence[Label]) -> tuple[Period, ...]:
    """The time of one user's chosen labels, ascending, without what another label claims, too.

    Labels that overlap or touch are one period, so a label given twice counts once.

    >>> T = 10**12
    >>> def of(name, start, end): return Label(user_id="u", label=name, start_ms=T + start, end_ms=T + end, source="x")
    >>> calm, stress = [of("calm", 0, 5), of("calm", 5, 9), of("calm", 20, 25)], [of("stress", 7, 12)]
    >>> [(each.from_ms - T, each.to_ms - T) for each in periods([*calm, *stress], calm)]
    [(0, 7), (20, 25)]
    """
    found: list[Period] = []
    for start_ms, end_ms in sorted((each.start_ms, each.end_ms) for each in merged(chosen)):
        if found and start_ms <= found[-1].to_ms:
            start_ms, end_ms = found[-1].from_ms, max(found.pop().to_ms, end_ms)
        found.append(Period(start_ms, end_ms))
    for span in contested(merged(labels)):
        found = [part for period in found for part in _without(period, *span)]
    return tuple(found)


def _without(period: Period, from_ms: int, to_ms: int) -> list[Period]:
    """What is left of a period outside a stretch of time."""
    before = Period(period.from_ms, min(period.to_ms, from_ms))
    after = Period(max(period.from_ms, to_ms), period.to_ms)
    return [each for each in (before, after) if each.to_ms > each.from_ms]
