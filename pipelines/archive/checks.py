"""What is surely wrong with an archive, found before anything is written."""

from collections import Counter
from collections.abc import Sequence

from pipelines.archive.days import Days
from pipelines.archive.survey import Survey
from pipelines.core.errors import InputError
from schemas.windows import MAX_FUTURE_MS

FEWEST_USERS = 5
"""Among fewer users one may well hold most readings."""


def check(days: Days, surveys: Sequence[Survey], *, now_ms: int, max_user_share: float) -> None:
    """Raises InputError for an empty range, readings of the future, or one user who holds most readings."""
    if not any(each.readings for each in surveys):
        raise InputError(f"the archive holds no reading from {days.first} to {days.last}: name other days")
    for each in surveys:
        if each.newest_ms > now_ms + MAX_FUTURE_MS:
            ahead_s = (each.newest_ms - now_ms) // 1000
            raise InputError(f"{each.day}: a reading is dated {ahead_s} s after now; correct the clock, or remove it")
    per_user: Counter[str] = sum((Counter(each.per_user) for each in surveys), Counter())
    user, most = per_user.most_common(1)[0]
    share = most / per_user.total()
    if len(per_user) >= FEWEST_USERS and share > max_user_share:
        raise InputError(
            f"{user} holds {share:.0%} of all readings, with {len(per_user)} users: look at that sensor,"
            f" or allow it with --max-user-share {min(share + 0.01, 1):.2f}"
        )
