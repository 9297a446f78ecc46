"""Enrolments for a terminal."""

from collections.abc import Iterator

from rich.table import Column, Table

from pipelines.baselines.enrolment import Enrolment, Enrolments

STAYS = "the online store holds a fresher baseline, which stays"


def one_line(done: Enrolment, period: str) -> str:
    """One person's, and where it is written."""
    kept = "" if done.online else f"\n{STAYS}"
    return (
        f"{done.user_id}: resting level of {done.features_known} of {done.features} features,"
        f" from {done.windows} of {done.windows_of_period} windows, {period}\nwrote {done.file}{kept}"
    )


def parts(done: Enrolments) -> Iterator[Table | str]:
    """A line for each who is enrolled, then for each who is not with the reason, then how many they are."""
    if done.enrolled:
        yield _table(done)
    yield from (f"{user} is not enrolled: {reason}" for user, reason in done.left_out.items())
    fresher = [each.user_id for each in done.enrolled if not each.online]
    if fresher:
        yield f"{', '.join(fresher)}: {STAYS}"
    people = len(done.enrolled) + len(done.left_out)
    yield f"enrolled {len(done.enrolled):,} of {people:,} people"


def _table(done: Enrolments) -> Table:
    right = [Column(name, justify="right") for name in ("periods", "windows", "of", "features")]
    table = Table("user", *right, box=None, pad_edge=False)
    for each in done.enrolled:
        windows = (f"{each.windows:,}", f"{each.windows_of_period:,}")
        table.add_row(each.user_id, f"{each.periods:,}", *windows, f"{each.features_known} of {each.features}")
    return table
